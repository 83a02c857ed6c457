using SealFs.Client.Buffering;
using SealFs.Client.Tests.Fakes;
using SealFs.Core;
using SealFs.Core.Wire;

namespace SealFs.Client.Tests.Buffering;

/// <summary>Each open handle of a file is told of each failed write, whoever asks first.</summary>
public sealed class ErrorsByHandleTests : IAsyncLifetime
{
    private const ulong ChunkBytes = 256 * 1024;
    private static readonly InodeId Inode = InodeId.Create(new ShardId(3), InodeId.FirstOrdinarySequence);

    private readonly FakeNode _node = new(ChunkBytes);
    private WorkerModel _worker = null!;
    private ulong _requests = 2;

    public ValueTask InitializeAsync()
    {
        _worker = WorkerModel.First(_node, ChunkBytes, new ArenaLayout(64, 32));
        return default;
    }

    public async ValueTask DisposeAsync()
    {
        await _worker.DisposeAsync();
        await _node.DisposeAsync();
    }

    [Fact]
    public async Task An_fsync_tells_each_handle_once()
    {
        var first = Open();
        var second = Open();
        await FailAWriteAsync();
        Assert.Equal(Errno.ENOSPC, await _worker.SyncAsync(Inode, first));
        Assert.Equal(Errno.None, await _worker.SyncAsync(Inode, first));
        Assert.Equal(Errno.ENOSPC, await _worker.SyncAsync(Inode, second));
        Assert.Equal(Errno.None, await _worker.SyncAsync(Inode, second));
        await FailAWriteAsync();
        Assert.Equal(Errno.ENOSPC, await _worker.SyncAsync(Inode, first));
    }

    [Fact]
    public async Task A_close_by_another_process_does_not_take_the_failure_from_the_writer()
    {
        var writer = Open();
        var other = Open();
        await FailAWriteAsync();
        Assert.Equal(Errno.ENOSPC, await _worker.FlushAsync(Inode, other));

        // A child process that was forked with the writer's handle.
        Assert.Equal(Errno.ENOSPC, await _worker.FlushAsync(Inode, writer));
        Assert.Equal(Errno.ENOSPC, await _worker.SyncAsync(Inode, writer));
        Assert.Equal(Errno.None, await _worker.FlushAsync(Inode, writer));
    }

    [Fact]
    public async Task A_write_tells_early_and_takes_nothing_from_fsync()
    {
        var handle = Open();
        await FailAWriteAsync();
        Assert.Equal(Errno.ENOSPC, TellWrite(handle));
        Assert.Equal(Errno.None, TellWrite(handle));
        Assert.Equal(Errno.ENOSPC, await _worker.SyncAsync(Inode, handle));
        Assert.Equal(Errno.None, TellWrite(handle));
    }

    [Fact]
    public async Task A_handle_opened_later_is_told_only_what_nobody_was_told()
    {
        var writer = Open();
        await FailAWriteAsync();
        var early = Open();
        Assert.Equal(Errno.ENOSPC, await _worker.SyncAsync(Inode, writer));
        var late = Open();
        Assert.Equal(Errno.ENOSPC, await _worker.SyncAsync(Inode, early));
        Assert.Equal(Errno.None, await _worker.SyncAsync(Inode, late));
    }

    [Fact]
    public async Task What_was_told_to_whom_survives_the_death_of_the_worker()
    {
        var first = Open();
        var second = Open();
        await FailAWriteAsync();
        Assert.Equal(Errno.ENOSPC, await _worker.SyncAsync(Inode, first));
        _node.Intercept = null;
        _worker = await _worker.DieAsync();
        Assert.Equal(Errno.None, await _worker.SyncAsync(Inode, first));
        Assert.Equal(Errno.ENOSPC, await _worker.SyncAsync(Inode, second));
    }

    [Fact]
    public async Task Data_are_kept_for_as_long_as_a_node_is_away()
    {
        await using var worker = WorkerModel.First(_node, ChunkBytes, new ArenaLayout(64, 32), operationTimeoutMs: 1);
        var refusals = 0;
        _node.Intercept = request =>
        {
            if (request.Header.Opcode != Opcode.Write || Interlocked.Increment(ref refusals) > 20)
                return false;
            request.Reply(Errno.Busy);
            return true;
        };
        worker.Write(Inode, 0, new byte[100]);
        Assert.Equal(Errno.None, await worker.SyncAsync(Inode));
        Assert.Equal(100, _node.Content(Inode).Length);
    }

    [Fact]
    public async Task Data_of_a_session_that_is_refused_are_given_up_and_told()
    {
        await using var worker = WorkerModel.First(_node, ChunkBytes, new ArenaLayout(64, 32), operationTimeoutMs: 50);
        _node.Intercept = static request =>
        {
            request.Reply(Errno.SessionRefused);
            return true;
        };
        var file = worker.Files.Acquire(Inode);
        worker.Write(Inode, 0, new byte[100]);
        Assert.Equal(Errno.EIO, await worker.FlushAsync(Inode));
        worker.Files.Release(file);
    }

    private FileHandle Open()
    {
        var file = _worker.Files.Acquire(Inode);
        Assert.True(_worker.Files.TryOpen(file, _worker.Arena.NextStamp(), _requests += 2));
        var handle = _worker.Files.NewHandle(file, isDirect: false);
        _worker.Files.Release(file);
        return handle;
    }

    /// <summary>A write that finds no space, and nobody was told yet.</summary>
    private async Task FailAWriteAsync()
    {
        _node.Intercept = static request =>
        {
            if (request.Header.Opcode != Opcode.Write)
                return false;
            request.Reply(Errno.ENOSPC);
            return true;
        };
        _worker.Write(Inode, 0, new byte[100]);
        var file = _worker.Files.Acquire(Inode);
        await _worker.WriteBack.DrainAsync(file, commit: true);

        // The drain ends on a receiver's thread, which a test must not keep.
        await Task.Yield();
        _worker.Files.Release(file);
    }

    private Errno TellWrite(FileHandle handle)
    {
        var file = _worker.Files.Acquire(Inode);
        Errno error;
        lock (file.Gate)
            error = _worker.Arena.TellWrite(file, handle);
        _worker.Files.Release(file);
        return error;
    }
}
