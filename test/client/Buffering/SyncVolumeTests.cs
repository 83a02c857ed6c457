using SealFs.Client.Buffering;
using SealFs.Client.Tests.Fakes;
using SealFs.Core;
using SealFs.Core.Wire;

namespace SealFs.Client.Tests.Buffering;

/// <summary>What syncfs(2) does elsewhere: every file of the volume, dirty, open or closed.</summary>
public sealed class SyncVolumeTests : IAsyncLifetime
{
    private const ulong ChunkBytes = 256 * 1024;
    private static readonly InodeId First = InodeId.Create(new ShardId(3), InodeId.FirstOrdinarySequence);
    private static readonly InodeId Second = InodeId.Create(new ShardId(5), InodeId.FirstOrdinarySequence + 7);

    private readonly FakeNode _node = new(ChunkBytes) { Verifier = new WriteVerifier(1) };
    private WorkerModel _worker = null!;

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
    public async Task What_is_dirty_and_what_was_written_before_becomes_durable()
    {
        _worker.Write(First, 0, "written"u8);
        Assert.Equal(Errno.None, await _worker.FlushAsync(First));
        _worker.Write(Second, 0, "dirty"u8);
        Assert.Equal(Errno.None, await SyncAsync());
        _node.LosePower();
        Assert.Equal("written"u8, _node.Content(First));
        Assert.Equal("dirty"u8, _node.Content(Second));
        Assert.Equal(Errno.None, await _worker.SyncAsync(First));
    }

    [Fact]
    public async Task What_a_closed_file_has_lost_is_told()
    {
        _worker.Write(First, 0, "written"u8);
        Assert.Equal(Errno.None, await _worker.FlushAsync(First));
        _node.LosePower();
        Assert.Equal(Errno.EIO, await SyncAsync());
        Assert.Equal(Errno.None, await SyncAsync());
    }

    /// <summary>Somebody else may have synced the volume, and been told.</summary>
    [Fact]
    public async Task A_loss_that_a_sync_of_the_volume_was_told_is_told_to_the_fsync_of_the_file_too()
    {
        _worker.Write(First, 0, "written"u8);
        Assert.Equal(Errno.None, await _worker.FlushAsync(First));
        _node.LosePower();
        Assert.Equal(Errno.EIO, await SyncAsync());
        Assert.Equal(Errno.EIO, await _worker.SyncAsync(First));
    }

    [Fact]
    public async Task What_an_open_file_has_lost_is_sent_again_and_becomes_durable()
    {
        var file = _worker.Files.Acquire(First);
        Assert.True(_worker.Files.TryOpen(file, _worker.Arena.NextStamp(), 2));
        _worker.Write(First, 0, "written"u8);
        Assert.Equal(Errno.None, await _worker.FlushAsync(First));
        _node.LosePower();
        Assert.Equal(Errno.None, await SyncAsync());
        _node.LosePower();
        Assert.Equal("written"u8, _node.Content(First));
        _worker.Files.Release(file);
    }

    /// <summary>The sync goes round again for the open file, and must not forget on the way what it found of the closed one.</summary>
    [Fact]
    public async Task What_a_closed_file_has_lost_is_told_when_an_open_one_is_sent_again()
    {
        var file = _worker.Files.Acquire(First);
        Assert.True(_worker.Files.TryOpen(file, _worker.Arena.NextStamp(), 2));
        _worker.Write(First, 0, "kept"u8);
        Assert.Equal(Errno.None, await _worker.FlushAsync(First));
        _worker.Write(Second, 0, "closed"u8);
        Assert.Equal(Errno.None, await _worker.FlushAsync(Second));
        _node.LosePower();
        Assert.Equal(Errno.EIO, await SyncAsync());
        Assert.Equal("kept"u8, _node.Content(First));
        Assert.Equal(Errno.None, await SyncAsync());
        _worker.Files.Release(file);
    }

    [Fact]
    public async Task A_write_that_fails_meanwhile_is_told()
    {
        RefuseWrites();
        _worker.Write(First, 0, "dirty"u8);
        Assert.Equal(Errno.EIO, await SyncAsync());
    }

    [Fact]
    public async Task A_write_that_failed_before_is_told_once()
    {
        RefuseWrites();
        _worker.Write(First, 0, "dirty"u8);
        await _worker.FlushAsync(First);
        Assert.Equal(Errno.EIO, await SyncAsync());
        Assert.Equal(Errno.None, await SyncAsync());
    }

    [Fact]
    public async Task What_was_acknowledged_long_ago_is_confirmed_and_not_lost_with_the_power()
    {
        _worker.Write(First, 0, "written"u8);
        Assert.Equal(Errno.None, await _worker.FlushAsync(First));
        await SettleAsync(0);
        Assert.Equal(0, _node.CountOf(Opcode.SyncVolume));
        await SettleAsync(_worker.Arena.NextOrder());
        Assert.Equal(1, _node.CountOf(Opcode.SyncVolume));
        _node.LosePower();
        Assert.Equal(Errno.None, await _worker.SyncAsync(First));
    }

    [Fact]
    public async Task A_loss_that_is_found_when_nobody_asks_is_told_to_the_next_fsync()
    {
        _worker.Write(First, 0, "written"u8);
        Assert.Equal(Errno.None, await _worker.FlushAsync(First));
        _node.LosePower();
        await SettleAsync(_worker.Arena.NextOrder());
        var file = _worker.Files.Acquire(First);
        Assert.True(_worker.Files.TryOpen(file, _worker.Arena.NextStamp(), 2));
        var handle = _worker.Files.NewHandle(file, isDirect: false);
        Assert.Equal(Errno.EIO, await _worker.SyncAsync(First, handle));
        _worker.Files.Release(file);
    }

    private void RefuseWrites() => _node.Intercept = static request =>
    {
        if (request.Header.Opcode != Opcode.Write)
            return false;
        request.Reply(Errno.ENOSPC);
        return true;
    };

    private async Task SettleAsync(ulong mark)
    {
        await _worker.WriteBack.SettleAsync(mark);
        await Task.Yield();
    }

    private async Task<Errno> SyncAsync()
    {
        var status = await _worker.WriteBack.SyncVolumeAsync(null);

        // The answer came on a receiver's thread, which a test must not keep.
        await Task.Yield();
        return status;
    }
}
