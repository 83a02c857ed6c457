using SealFs.Client.Routing;
using SealFs.Core;
using SealFs.Core.Messages;
using SealFs.Core.Wire;
using SealFs.Fuse;

namespace SealFs.Client.Buffering;

/// <content>fsync: the disks of every node that may have something of the file, whoever wrote it.</content>
internal sealed partial class WriteBack
{
    /// <summary>
    /// Everything acknowledged for the file reaches stable storage on every node that may have some of it: those of its chunks up to its size, as the servers know it. Another client may have
    /// written them, or this one before it opened the file again. Drain first. While a node is away it waits, until the kernel request is interrupted.
    /// </summary>
    /// <remarks>
    /// A node is asked by one of its shards. What a shard had is on stable storage when it has moved; but the shard by which a node was asked may have moved
    /// just then, and another node have answered: so it is looked again until each was heard.
    /// </remarks>
    /// <param name="file">Which.</param>
    /// <param name="dataOnly">fdatasync(2).</param>
    /// <param name="drained">What <see cref="DrainToSyncAsync"/> answered: who need not be asked again.</param>
    /// <param name="request">The kernel request that waits.</param>
    public async ValueTask<Errno> SyncAsync(FileState file, bool dataOnly, Drained drained = default, FuseRequest? request = null)
    {
        var synced = new HashSet<NodeId>();
        if (drained.SyncedBy != default)
            synced.Add(drained.SyncedBy);
        var size = drained.SizeBytes;
        while (true)
        {
            var asked = size is null ? AskSizeAsync(file.Inode, request) : null;
            var shards = ShardsToSync(file, size, synced);
            var status = await SyncAsync(file.Inode, dataOnly, shards, synced, request);
            if (asked is not null)
            {
                var (sizeStatus, known) = await asked;
                status = status == Errno.None ? sizeStatus : status;
                size = known;
            }
            if (status != Errno.None)
                return status;
            if (asked is null && shards.Count == 0)
                return Errno.None;
        }
    }

    /// <summary>Another client may have made the file larger.</summary>
    private async Task<(Errno Status, ulong SizeBytes)> AskSizeAsync(InodeId inode, FuseRequest? request)
    {
        var call = _router.Rent().Begin(request).Persist();
        call.Encode(new InodeRequest(inode));
        using var answer = await call.SendAsync(Opcode.GetAttr, inode.Shard);
        var status = answer.TryRead(out AttributesReply reply);
        _router.Return(call);
        return (status, reply.Attributes.SizeBytes);
    }

    private async ValueTask<Errno> SyncAsync(InodeId inode, bool dataOnly, List<ShardId> shards, HashSet<NodeId> synced, FuseRequest? request)
    {
        var calls = new RoutedCall[shards.Count];
        var answers = new Task<Answer>[shards.Count];
        for (var i = 0; i < calls.Length; i++)
        {
            calls[i] = _router.Rent().Begin(request).Persist();
            calls[i].Encode(new FsyncRequest(inode, dataOnly));
            answers[i] = calls[i].SendAsync(Opcode.Fsync, shards[i]).AsTask();
        }
        var status = Errno.None;
        for (var i = 0; i < calls.Length; i++)
        {
            using (var answer = await answers[i])
                status = status == Errno.None ? answer.Status : status;
            synced.Add(calls[i].Node);
            _router.Return(calls[i]);
        }
        return status;
    }

    /// <summary>A shard of each node that may have something of the file and is not among those that were heard. The inode's own comes first.</summary>
    private List<ShardId> ShardsToSync(FileState file, ulong? sizeBytes, HashSet<NodeId> synced)
    {
        var shards = new List<ShardId>();
        var nodes = new HashSet<NodeId>(synced);
        ulong size;
        lock (file.Gate)
            size = Math.Max(sizeBytes ?? 0, Math.Max(file.IsSizeKnown ? file.SizeBytes : 0, file.DirtyEnd()));
        Ask(file.Inode.Shard);
        var chunks = (size + _chunkBytes - 1) / _chunkBytes;
        if (chunks <= Limits.FsyncChunks)
        {
            for (var chunk = 1UL; chunk < chunks; chunk++)
                Ask(ShardOf(file.Inode, chunk * _chunkBytes));
            return shards;
        }
        for (var shard = 0u; shard < _router.ShardCount; shard++)
            Ask(new(shard));
        return shards;

        void Ask(ShardId shard)
        {
            if (nodes.Add(_router.PrimaryOf(shard)))
                shards.Add(shard);
        }
    }
}
