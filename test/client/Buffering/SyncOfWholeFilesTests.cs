using SealFs.Client.Buffering;
using SealFs.Client.Tests.Fakes;
using SealFs.Core;
using SealFs.Core.Placement;
using SealFs.Core.Wire;

namespace SealFs.Client.Tests.Buffering;

/// <summary>fsync asks every node that may have a chunk of the file, whoever wrote it and when.</summary>
public sealed class SyncOfWholeFilesTests : IAsyncLifetime
{
    private const ulong ChunkBytes = 256 * 1024;
    private static readonly InodeId Inode = InodeId.Create(new ShardId(3), InodeId.FirstOrdinarySequence);

    private readonly FakeNode _first = new(ChunkBytes);
    private readonly FakeNode _second = new(ChunkBytes);
    private WorkerModel _worker = null!;
    private WorkerModel _other = null!;

    public ValueTask InitializeAsync()
    {
        _worker = NewWorker();
        _other = NewWorker();
        return default;
    }

    public async ValueTask DisposeAsync()
    {
        await _worker.DisposeAsync();
        await _other.DisposeAsync();
        await _first.DisposeAsync();
        await _second.DisposeAsync();
    }

    [Fact]
    public async Task A_file_that_was_closed_and_opened_again()
    {
        await WriteAsync(_worker, 8);
        Assert.Equal(Errno.None, await _worker.SyncAsync(Inode));
        AssertBothSynced();
    }

    [Fact]
    public async Task A_file_that_another_client_wrote()
    {
        await WriteAsync(_other, 8);
        Assert.Equal(Errno.None, await _worker.SyncAsync(Inode));
        AssertBothSynced();
    }

    [Fact]
    public async Task A_file_that_another_client_made_larger_while_it_was_open_here()
    {
        var file = _worker.Files.Acquire(Inode);
        await WriteAsync(_worker, 1);
        Assert.Equal(Errno.None, await _worker.SyncAsync(Inode));
        Assert.Equal(0, _first.CountOf(Opcode.Fsync));
        await WriteAsync(_other, 8);
        _worker.Write(Inode, 0, new byte[4096]);
        Assert.Equal(Errno.None, await _worker.SyncAsync(Inode));
        Assert.Equal(1, _first.CountOf(Opcode.Fsync));
        _worker.Files.Release(file);
    }

    [Fact]
    public async Task A_file_of_one_chunk_is_asked_for_at_its_own_node_alone()
    {
        await WriteAsync(_worker, 1);
        Assert.Equal(Errno.None, await _worker.SyncAsync(Inode));
        Assert.Equal(0, _first.CountOf(Opcode.Fsync));
        Assert.Equal(1, _second.CountOf(Opcode.Fsync));
    }

    private static async Task WriteAsync(WorkerModel worker, int chunks)
    {
        worker.Write(Inode, 0, new byte[chunks * (int)ChunkBytes]);
        Assert.Equal(Errno.None, await worker.FlushAsync(Inode));
    }

    private void AssertBothSynced()
    {
        Assert.Equal(1, _first.CountOf(Opcode.Fsync));
        Assert.Equal(1, _second.CountOf(Opcode.Fsync));
    }

    /// <summary>The inode and its first chunk are at the second node, other chunks at the first.</summary>
    private WorkerModel NewWorker()
    {
        var worker = WorkerModel.First(_first, ChunkBytes, new ArenaLayout(64, 32));
        var shards = new ShardAssignment[FakeCluster.ShardCount];
        Array.Fill(shards, new ShardAssignment(new Epoch(1), ReplicaSet.Of(new NodeId(1))));
        shards[Inode.Shard.Value] = new ShardAssignment(new Epoch(2), ReplicaSet.Of(new NodeId(2)));
        worker.Router.Update(FakeCluster.Map(2, shards, _first, _second));
        return worker;
    }
}
