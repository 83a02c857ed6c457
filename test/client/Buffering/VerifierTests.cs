using SealFs.Client.Buffering;
using SealFs.Client.Tests.Fakes;
using SealFs.Core;
using SealFs.Core.Placement;
using SealFs.Core.Wire;

namespace SealFs.Client.Tests.Buffering;

/// <summary>A node loses its power, and with it what it had acknowledged and not synced: an open file's data are sent again, and fsync says 0 only for what is durable.</summary>
public sealed class VerifierTests : IAsyncLifetime
{
    private const ulong ChunkBytes = 256 * 1024;
    private static readonly InodeId Inode = InodeId.Create(new ShardId(3), InodeId.FirstOrdinarySequence);

    private readonly FakeNode _node = new(ChunkBytes) { Verifier = new WriteVerifier(1) };
    private WorkerModel _worker = null!;
    private ulong _requests = 2;

    public ValueTask InitializeAsync()
    {
        _worker = WorkerModel.First(_node, ChunkBytes, new ArenaLayout(64, 64));
        return default;
    }

    public async ValueTask DisposeAsync()
    {
        await _worker.DisposeAsync();
        await _node.DisposeAsync();
    }

    [Fact]
    public async Task What_was_written_before_the_loss_is_durable_after_fsync()
    {
        var handle = Open();
        await WriteAsync(0, "first"u8.ToArray());
        await WriteAsync(3, "newer"u8.ToArray());
        _node.LosePower();
        Assert.Equal(Errno.None, await _worker.SyncAsync(Inode, handle));
        _node.LosePower();
        Assert.Equal("firnewer"u8, _node.Content(Inode));
        Assert.Equal(Errno.None, await _worker.SyncAsync(Inode, handle));
    }

    [Fact]
    public async Task The_next_write_after_the_loss_brings_the_earlier_ones_back()
    {
        var handle = Open();
        await WriteAsync(0, "first"u8.ToArray());
        _node.LosePower();
        await WriteAsync(10, "after"u8.ToArray());
        Assert.Equal(Errno.None, await _worker.FlushAsync(Inode, handle));
        Assert.Equal("first\0\0\0\0\0after"u8, _node.Content(Inode));
    }

    [Fact]
    public async Task An_older_range_does_not_come_back_over_a_newer_one()
    {
        var handle = Open();
        await WriteAsync(0, "older"u8.ToArray());
        _node.LosePower();
        await WriteAsync(2, "newer"u8.ToArray());
        Assert.Equal(Errno.None, await _worker.SyncAsync(Inode, handle));
        Assert.Equal("olnewer"u8, _node.Content(Inode));
        _node.LosePower();
        Assert.Equal("olnewer"u8, _node.Content(Inode));
    }

    [Fact]
    public async Task What_was_synced_is_not_sent_again()
    {
        var handle = Open();
        await WriteAsync(0, "first"u8.ToArray());
        Assert.Equal(Errno.None, await _worker.SyncAsync(Inode, handle));
        Assert.Equal(_worker.Arena.Units, _worker.Arena.FreeUnits);
        _node.LosePower();
        Assert.Equal(Errno.None, await _worker.SyncAsync(Inode, handle));
        Assert.Equal(1, _node.CountOf(Opcode.Write));
    }

    [Fact]
    public async Task What_is_not_kept_any_more_is_told_to_every_handle()
    {
        var first = Open();
        var second = Open();
        await WriteAsync(0, new byte[2_000_000]);
        _node.LosePower();
        Assert.Equal(Errno.EIO, await _worker.SyncAsync(Inode, first));
        Assert.Equal(Errno.EIO, await _worker.SyncAsync(Inode, second));
        Assert.Equal(Errno.None, await _worker.SyncAsync(Inode, first));
    }

    [Fact]
    public async Task The_loss_of_a_closed_file_is_told_when_it_is_opened_again()
    {
        var handle = Open();
        await WriteAsync(0, "first"u8.ToArray());
        Close(handle);
        Assert.Equal(_worker.Arena.Units, _worker.Arena.FreeUnits);
        _node.LosePower();
        Assert.Equal(Errno.EIO, await _worker.SyncAsync(Inode, Open()));
        Assert.Equal(Errno.None, await _worker.SyncAsync(Inode, Open()));
    }

    [Fact]
    public async Task What_a_dead_worker_kept_is_sent_again_by_its_successor()
    {
        var handle = Open();
        await WriteAsync(0, "first"u8.ToArray());
        _worker = await _worker.DieAsync();
        _node.LosePower();
        Assert.Equal(Errno.None, await _worker.SyncAsync(Inode, handle));
        _node.LosePower();
        Assert.Equal("first"u8, _node.Content(Inode));
    }

    [Fact]
    public async Task What_was_truncated_does_not_come_back()
    {
        var handle = Open();
        await WriteAsync(0, "0123456789"u8.ToArray());
        var file = _worker.Files.Acquire(Inode);
        _worker.WriteBack.NoteTruncated(file, 4);
        _worker.Files.Release(file);
        _node.LosePower();
        Assert.Equal(Errno.None, await _worker.SyncAsync(Inode, handle));
        Assert.Equal("0123"u8, _node.Content(Inode));
    }

    [Fact]
    public async Task What_is_being_truncated_is_not_sent_again_either()
    {
        var handle = Open();
        await WriteAsync(0, "0123456789"u8.ToArray());
        var file = _worker.Files.Acquire(Inode);
        var (status, letGo) = await _worker.WriteBack.DrainAndLetGoAsync(file, 4);
        Assert.Equal(Errno.None, status);
        Assert.Equal([Inode.Shard], letGo);
        _node.LosePower();
        Assert.Equal(Errno.None, await _worker.SyncAsync(Inode, handle));
        Assert.Equal("0123"u8, _node.Content(Inode));
        _worker.Files.Release(file);
    }

    [Fact]
    public async Task What_was_let_go_for_a_truncation_that_failed_is_told_when_it_is_lost()
    {
        var handle = Open();
        await WriteAsync(0, "0123456789"u8.ToArray());
        var file = _worker.Files.Acquire(Inode);
        var (_, letGo) = await _worker.WriteBack.DrainAndLetGoAsync(file, 4);
        _worker.WriteBack.NoteLetGo(file, letGo);
        _node.LosePower();
        Assert.Equal(Errno.EIO, await _worker.SyncAsync(Inode, handle));
        _worker.Files.Release(file);
    }

    [Fact]
    public async Task Other_shards_of_the_node_are_asked_for_their_verifiers()
    {
        var handle = Open();
        await WriteAsync((int)ChunkBytes * 2, new byte[100]);
        var shard = PlacementHash.Chunk(Inode, new ChunkIndex(2), FakeCluster.ShardCount);
        Assert.NotEqual(Inode.Shard, shard);
        _node.LosePower(shard);
        Assert.Equal(Errno.None, await _worker.SyncAsync(Inode, handle));
        Assert.Equal(2, _node.CountOf(Opcode.Write));
    }

    private async Task WriteAsync(int offset, byte[] data)
    {
        _worker.Write(Inode, (ulong)offset, data);
        var file = _worker.Files.Acquire(Inode);
        await _worker.WriteBack.DrainAsync(file, commit: true);

        // The drain ends on a receiver's thread, which a test must not keep.
        await Task.Yield();
        _worker.Files.Release(file);
    }

    private FileHandle Open()
    {
        var file = _worker.Files.Acquire(Inode);
        Assert.True(_worker.Files.TryOpen(file, _worker.Arena.NextStamp(), _requests += 2));
        var handle = _worker.Files.NewHandle(file, isDirect: false);
        _worker.Files.Release(file);
        return handle;
    }

    private void Close(FileHandle handle)
    {
        var file = _worker.Files.Acquire(Inode);
        lock (file.Gate)
            _worker.Arena.ForgetHandle(file, handle);
        _worker.Files.Close(file, _requests += 2);
        _worker.Files.Release(file);
    }
}
