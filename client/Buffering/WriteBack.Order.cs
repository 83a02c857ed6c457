using SealFs.Client.Routing;
using SealFs.Core;
using SealFs.Core.Messages;
using SealFs.Core.Wire;

namespace SealFs.Client.Buffering;

/// <content>
/// The order of logs: the size of a file stands in the log of its inode's shard, and what its chunks above 0 have in those of other nodes. Were the size on stable storage before them, a loss of power could
/// leave a size that covers bytes of which nobody knows that they were written, and zeros would be read. So the other nodes sync their logs before the commit is sent, where a write has changed their records.
/// </content>
internal sealed partial class WriteBack
{
    /// <summary>Under the gate: a chunk above 0 was written, and its record may not be on stable storage.</summary>
    private static void NotePending(FileState file, ShardId shard)
    {
        file.Pending ??= [];
        if (!file.Pending.Contains(shard))
            file.Pending.Add(shard);
    }

    /// <summary>What a dead worker was told of this is not known: every shard that may not have synced what it acknowledged.</summary>
    private void RecoverPending(FileState file)
    {
        var chunks = Math.Min((file.CommitSizeBytes + _chunkBytes - 1) / _chunkBytes, Limits.FsyncChunks);
        for (var chunk = 1UL; file.IsCommitNeeded && chunk < chunks; chunk++)
        {
            var shard = ShardOf(file.Inode, chunk * _chunkBytes);
            if (_arena.IsUnsynced(file.Inode, shard))
                NotePending(file, shard);
        }
    }

    /// <summary>The logs of the nodes that have these shards, but for the one that has the inode: there the log has its own order. A log that fails is told of by the next sync.</summary>
    private async ValueTask SyncLogsAsync(InodeId inode, List<ShardId> shards)
    {
        var home = _router.PrimaryOf(inode.Shard);
        var nodes = shards.Select(shard => (Node: _router.PrimaryOf(shard), Shard: shard)).Where(place => place.Node != home).DistinctBy(static place => place.Node).ToList();
        var calls = new RoutedCall[nodes.Count];
        var answers = new Task<Answer>[nodes.Count];
        for (var i = 0; i < calls.Length; i++)
        {
            calls[i] = _router.Rent().Persist();
            calls[i].Encode(new FsyncRequest(inode, DataOnly: true, LogOnly: true));
            answers[i] = calls[i].SendAsync(Opcode.Fsync, nodes[i].Shard).AsTask();
        }
        for (var i = 0; i < calls.Length; i++)
        {
            (await answers[i]).Dispose();
            _router.Return(calls[i]);
        }
    }
}
