using SealFs.Core;
using SealFs.Core.Messages;
using SealFs.Core.Wire;
using SealFs.StorageNode.Routing;
using SealFs.StorageNode.Shards;

namespace SealFs.StorageNode.Purge;

/// <summary>What has become of inodes, wherever they are: one question to each node that serves some of their shards.</summary>
internal sealed class InodeStates(NodeContext node, ShardCalls calls)
{
    /// <summary>On a thread that may wait. Without a gate held.</summary>
    public static InodeState Of(NodeContext node, VolumeId volume, InodeId inode)
    {
        if (node.Shards.Find(inode.Shard) is not { } shard)
            return default;
        using (shard.Enter())
        {
            if (shard.IsRetired)
                return default;
            if (shard.Opens.IsOpen(inode) || shard.Locks.IsLocked(LockKey.Inode(inode)) || shard.Locks.IsShared(LockKey.Inode(inode)))
                return new InodeState(InodePresence.InUse, 0);
            return shard.Begin(volume).TryGetInode(inode, out var row)
                ? new InodeState(InodePresence.Quiet, row.Attributes.SizeBytes)
                : new InodeState(InodePresence.Gone, 0);
        }
    }

    /// <summary>What could not be found out is left out.</summary>
    public async Task<Dictionary<InodeId, InodeState>> AskAsync(VolumeId volume, IEnumerable<InodeId> inodes)
    {
        var states = new Dictionary<InodeId, InodeState>();
        if (node.Map is not { } map)
            return states;
        foreach (var group in inodes.Distinct().Where(inode => map.Contains(inode.Shard)).GroupBy(inode => map.PrimaryOf(inode.Shard)))
        {
            if (group.Key == node.Identity.Node)
                AskHere(volume, group, states);
            else
                await AskNodeAsync(volume, [.. group], states);
        }

        return states;
    }

    private void AskHere(VolumeId volume, IEnumerable<InodeId> inodes, Dictionary<InodeId, InodeState> states)
    {
        foreach (var inode in inodes)
            states[inode] = Of(node, volume, inode);
    }

    private async Task AskNodeAsync(VolumeId volume, InodeId[] inodes, Dictionary<InodeId, InodeState> states)
    {
        var call = new ShardCall(Opcode.InodeStates, inodes[0].Shard, volume, PurgeLimits.CallMs);
        var answer = await calls.CallAsync(call, Encode(inodes));
        if (answer.Status != Errno.None || answer.Payload.Length != inodes.Length * InodeState.WireSize)
            return;
        var reader = new WireReader(answer.Payload);
        foreach (var inode in inodes)
            states[inode] = InodeState.Read(ref reader);
    }

    private static RawBody Encode(InodeId[] inodes)
    {
        var bytes = new byte[inodes.Length * InodeStatesRequest.InodeBytes];
        var writer = new WireWriter(bytes);
        foreach (var inode in inodes)
            writer.Inode(inode);
        return RawBody.Of(new InodeStatesRequest { Inodes = bytes });
    }
}
