using System.Collections.Concurrent;
using System.Diagnostics;

namespace SealFs.Fuse.Tests;

public sealed class InterruptTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);
    private readonly MountedScript _mount = new();
    private readonly ScriptedFileSystem _files = new();

    public void Dispose() => _mount.Dispose();

    [Fact]
    public async Task An_interrupt_reaches_the_request_that_waits()
    {
        using var arrived = new BlockingCollection<FuseRequest>();
        var hooks = 0;
        _files.OnRead = request =>
        {
            request.OnInterrupt(interrupted =>
            {
                Interlocked.Increment(ref hooks);
                interrupted.ReplyError(FuseErrno.EINTR);
            });
            arrived.Add(request);
        };
        _mount.Serve(_files);
        using var reader = Cat();
        Assert.True(arrived.TryTake(out _, Patience));
        Assert.Equal(0, Volatile.Read(ref hooks));
        reader.Kill();
        await reader.WaitForExitAsync(TestContext.Current.CancellationToken).WaitAsync(Patience, TestContext.Current.CancellationToken);
        Assert.Equal(1, hooks);
        Assert.True(SpinWait.SpinUntil(() => Volatile.Read(ref _files.Interrupts) == 1, Patience));
    }

    [Fact]
    public async Task A_request_that_ignores_its_interrupt_just_finishes()
    {
        using var arrived = new BlockingCollection<FuseRequest>();
        _files.OnRead = arrived.Add;
        _mount.Serve(_files);
        using var reader = Cat();
        Assert.True(arrived.TryTake(out var request, Patience));
        reader.Kill();
        Assert.True(SpinWait.SpinUntil(() => request.IsInterrupted, Patience));
        Assert.False(reader.WaitForExit(0));
        request.ReplyBytes("x"u8);
        await reader.WaitForExitAsync(TestContext.Current.CancellationToken).WaitAsync(Patience, TestContext.Current.CancellationToken);
        _files.OnRead = next => next.ReplyBytes("next"u8);
        Assert.Equal(4, _mount.Read(new byte[8]));
    }

    [Fact]
    public async Task A_hook_that_comes_after_the_interrupt_runs_at_once()
    {
        using var arrived = new BlockingCollection<FuseRequest>();
        _files.OnRead = arrived.Add;
        _mount.Serve(_files);
        using var reader = Cat();
        Assert.True(arrived.TryTake(out var request, Patience));
        reader.Kill();
        Assert.True(SpinWait.SpinUntil(() => request.IsInterrupted, Patience));
        request.OnInterrupt(interrupted => interrupted.ReplyError(FuseErrno.EINTR));
        await reader.WaitForExitAsync(TestContext.Current.CancellationToken).WaitAsync(Patience, TestContext.Current.CancellationToken);
    }

    private Process Cat() => Process.Start(new ProcessStartInfo("cat", [$"{_mount.Path}/f"]) { RedirectStandardOutput = true, RedirectStandardError = true })!;
}
