using SealFs.Client.Buffering;
using SealFs.Client.Tests.Fakes;
using SealFs.Core;
using SealFs.Core.Messages;
using SealFs.Core.Placement;
using SealFs.Core.Rpc;
using SealFs.Core.Wire;

namespace SealFs.Client.Tests.Buffering;

/// <summary>fsync(2) that asks for the sync with the last write.</summary>
public sealed class SyncingWriteTests : IAsyncLifetime
{
    private const ulong ChunkBytes = 256 * 1024;
    private static readonly InodeId Inode = InodeId.Create(new ShardId(3), InodeId.FirstOrdinarySequence);

    private readonly FakeNode _node = new(ChunkBytes);
    private readonly FakeNode _other = new(ChunkBytes);
    private WorkerModel _worker = null!;
    private FileState _file = null!;

    public ValueTask InitializeAsync()
    {
        _worker = WorkerModel.First(_node, ChunkBytes, new ArenaLayout(64, 32));
        _file = _worker.Files.Acquire(Inode);
        return default;
    }

    public async ValueTask DisposeAsync()
    {
        _worker.Files.Release(_file);
        await _worker.DisposeAsync();
        await _node.DisposeAsync();
        await _other.DisposeAsync();
    }

    [Fact]
    public async Task An_append_and_its_fsync_are_one_request()
    {
        for (var i = 0; i < 3; i++)
        {
            _worker.Write(Inode, (ulong)i * 4096, new byte[4096]);
            Assert.Equal(Errno.None, await _worker.SyncAsync(Inode));
        }

        Assert.Equal(3, _node.CountOf(Opcode.Write));
        Assert.Equal(0, _node.CountOf(Opcode.Fsync));
    }

    [Fact]
    public async Task A_node_that_does_not_say_that_it_has_synced_is_asked()
    {
        _node.KnowsSync = false;
        _worker.Write(Inode, 0, new byte[4096]);
        Assert.Equal(Errno.None, await _worker.SyncAsync(Inode));
        Assert.Equal([Opcode.Write, Opcode.Fsync], _node.Seen.Select(static header => header.Opcode));
    }

    [Fact]
    public async Task Without_data_that_are_dirty_the_node_is_asked()
    {
        _worker.Write(Inode, 0, new byte[4096]);
        Assert.Equal(Errno.None, await _worker.FlushAsync(Inode));
        Assert.Equal(Errno.None, await _worker.SyncAsync(Inode));
        Assert.Equal(1, _node.CountOf(Opcode.Fsync));
    }

    [Fact]
    public async Task The_nodes_of_other_chunks_are_asked_besides()
    {
        _worker.Write(Inode, 3 * ChunkBytes, new byte[4096]);
        Assert.Equal(Errno.None, await _worker.FlushAsync(Inode));
        _worker.Router.Update(MapWithInodeAtOther());
        lock (_file.Gate)
            (_file.SizeBytes, _file.IsSizeKnown) = (3 * ChunkBytes + 4096, true);
        _worker.Write(Inode, 0, new byte[4096]);
        Assert.Equal(Errno.None, await _worker.SyncAsync(Inode));
        Assert.Equal([Opcode.Write], _other.Seen.Select(static header => header.Opcode));
        Assert.Equal(1, _node.CountOf(Opcode.Fsync));
    }

    [Fact]
    public async Task A_sync_that_fails_is_told()
    {
        _node.Intercept = static request => Fail(request);
        _worker.Write(Inode, 0, new byte[4096]);
        Assert.Equal(Errno.EIO, await _worker.SyncAsync(Inode));
    }

    [Fact]
    public async Task Who_asks_while_the_write_is_under_way_does_not_take_its_sync_for_his()
    {
        using var arrived = new SemaphoreSlim(0);
        RpcServerRequest? held = null;
        _node.Intercept = request =>
        {
            if (request.Header.Opcode != Opcode.Write || held is not null)
                return false;
            held = request;
            arrived.Release();
            return true;
        };
        _worker.Write(Inode, 0, new byte[4096]);
        var first = _worker.SyncAsync(Inode);
        await arrived.WaitAsync(TestContext.Current.CancellationToken);
        var second = _worker.SyncAsync(Inode);
        _node.Serve(held!);
        Assert.Equal(Errno.None, await first);
        Assert.Equal(Errno.None, await second);
        Assert.Equal(1, _node.CountOf(Opcode.Write));
        Assert.Equal(1, _node.CountOf(Opcode.Fsync));
    }

    private static bool Fail(RpcServerRequest request)
    {
        if (request.Header.Opcode != Opcode.Write)
            return false;
        Assert.NotEqual(WriteFlags.None, request.Read<WriteRequest>().Flags & WriteFlags.Sync);
        request.Reply(Errno.EIO);
        return true;
    }

    private ClusterMap MapWithInodeAtOther()
    {
        var shards = new ShardAssignment[FakeCluster.ShardCount];
        Array.Fill(shards, new ShardAssignment(new Epoch(1), ReplicaSet.Of(new NodeId(1))));
        shards[Inode.Shard.Value] = new ShardAssignment(new Epoch(2), ReplicaSet.Of(new NodeId(2)));
        return FakeCluster.Map(2, shards, _node, _other);
    }
}
