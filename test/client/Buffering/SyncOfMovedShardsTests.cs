using SealFs.Client.Buffering;
using SealFs.Client.Tests.Fakes;
using SealFs.Core;
using SealFs.Core.Messages;
using SealFs.Core.Placement;
using SealFs.Core.Wire;

namespace SealFs.Client.Tests.Buffering;

/// <summary>fsync of a file in many shards, some of which move between the writes and the fsync: every node that has something of it is asked.</summary>
public sealed class SyncOfMovedShardsTests : IAsyncLifetime
{
    private const ulong ChunkBytes = 256 * 1024;
    private static readonly InodeId Inode = InodeId.Create(new ShardId(3), InodeId.FirstOrdinarySequence);

    private readonly FakeNode _first = new(ChunkBytes);
    private readonly FakeNode _second = new(ChunkBytes);
    private WorkerModel _worker = null!;
    private FileState _file = null!;

    public async ValueTask InitializeAsync()
    {
        _worker = WorkerModel.First(_first, ChunkBytes, new ArenaLayout(64, 32));
        _file = _worker.Files.Acquire(Inode);
        _worker.Write(Inode, 0, new byte[8 * (int)ChunkBytes]);
        Assert.Equal(Errno.None, await _worker.FlushAsync(Inode));

        // As an open would have told; the second node knows nothing of what the first was told.
        lock (_file.Gate)
            (_file.SizeBytes, _file.IsSizeKnown) = (8 * ChunkBytes, true);
    }

    public async ValueTask DisposeAsync()
    {
        _worker.Files.Release(_file);
        await _worker.DisposeAsync();
        await _first.DisposeAsync();
        await _second.DisposeAsync();
    }

    [Fact]
    public async Task The_node_that_kept_the_other_shards_is_asked_too()
    {
        _worker.Router.Update(MapWithInodeAtSecond());
        Assert.Equal(Errno.None, await SyncAsync());
        Assert.Equal(1, _first.CountOf(Opcode.Fsync));
        Assert.Equal(1, _second.CountOf(Opcode.Fsync));
    }

    [Fact]
    public async Task A_node_is_asked_again_when_the_shard_by_which_it_was_asked_has_moved()
    {
        _worker.Router.Update(MapWithInodeAtSecond());
        ShardId? moved = null;
        _first.Intercept = request =>
        {
            if (request.Header.Opcode != Opcode.Fsync || (moved ??= request.Header.Shard) != request.Header.Shard)
                return false;
            request.Reply(Errno.WrongEpoch, new EpochHint(new Epoch(2), new NodeId(2)));
            return true;
        };
        Assert.Equal(Errno.None, await SyncAsync());
        Assert.Contains(_first.Seen, header => header.Opcode == Opcode.Fsync && header.Shard != moved);
        Assert.Contains(_second.Seen, header => header.Opcode == Opcode.Fsync && header.Shard == moved);
    }

    private async Task<Errno> SyncAsync()
    {
        var status = await _worker.WriteBack.SyncAsync(_file, dataOnly: false);

        // The answer came on a receiver's thread, which a test must not keep.
        await Task.Yield();
        return status;
    }

    private ClusterMap MapWithInodeAtSecond()
    {
        var shards = new ShardAssignment[FakeCluster.ShardCount];
        Array.Fill(shards, new ShardAssignment(new Epoch(1), ReplicaSet.Of(new NodeId(1))));
        shards[Inode.Shard.Value] = new ShardAssignment(new Epoch(2), ReplicaSet.Of(new NodeId(2)));
        return FakeCluster.Map(2, shards, _first, _second);
    }
}
