using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using SealFs.Fuse.Abi;

namespace SealFs.Fuse.Tests;

/// <summary>The life of a session: unmounting, aborting, handing over to a successor, and taking over from a dead one.</summary>
public sealed class SessionTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);
    private readonly MountedScript _mount = new();
    private readonly ScriptedFileSystem _files = new();

    public void Dispose() => _mount.Dispose();

    [Fact]
    public void The_outcome_of_the_handshake_is_what_both_sides_have()
    {
        var negotiated = _mount.Negotiated;
        Assert.InRange(negotiated.Minor, FuseProtocol.OldestMinorVersion, FuseProtocol.FUSE_KERNEL_MINOR_VERSION);
        Assert.True(negotiated.Has(FuseHandshakeOptions.RequiredFlags & negotiated.KernelFlags));
        Assert.True(negotiated.Has(FuseInitFlags.FUSE_SETXATTR_EXT | FuseInitFlags.FUSE_INIT_EXT));
        Assert.False(negotiated.Has(FuseInitFlags.FUSE_WRITEBACK_CACHE));
        Assert.Equal(negotiated, FuseNegotiated.FromBytes(negotiated.ToBytes()));
        Assert.Throws<InvalidDataException>(() => FuseNegotiated.FromBytes(new byte[36]));
    }

    [Fact]
    public async Task Unmounting_ends_the_session_and_destroys_the_file_system()
    {
        var session = _mount.Serve(_files);
        Assert.Equal(7, _mount.Read(new byte[8]));
        FuseMount.Unmount(_mount.Path);
        Assert.Equal(FuseExitReason.Unmounted, await session.Ended.WaitAsync(Patience, TestContext.Current.CancellationToken));
        Assert.True(_files.Destroyed);
    }

    [Fact]
    public async Task A_mount_in_use_is_busy_but_can_be_detached()
    {
        var session = _mount.Serve(_files);
        var fd = Posix.Open(_mount.File, Posix.O_RDONLY);
        Assert.Equal(FuseErrno.EBUSY, Assert.Throws<FuseException>(() => FuseMount.Unmount(_mount.Path)).Errno);
        FuseMount.Unmount(_mount.Path, lazy: true);
        Assert.Equal(7, Posix.Read(fd, new byte[8], 0));
        Assert.False(session.Ended.IsCompleted);
        Posix.Close(fd);
        Assert.Equal(FuseExitReason.Unmounted, await session.Ended.WaitAsync(Patience, TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task Aborting_frees_those_who_wait()
    {
        using var arrived = new BlockingCollection<FuseRequest>();
        _files.OnRead = arrived.Add;
        var session = _mount.Serve(_files);
        var read = _mount.ReadLater();
        Assert.True(arrived.TryTake(out var request, Patience));
        var connection = FuseConnection.Find(_mount.Path);
        Assert.NotNull(connection);
        Assert.Equal(1, connection.Waiting);
        connection.Abort();
        Assert.Contains(await read.WaitAsync(Patience, TestContext.Current.CancellationToken), new long[] { -FuseErrno.ECONNABORTED, -FuseErrno.ENOTCONN });
        Assert.False(request.ReplyBytes("too late"u8));
        Assert.Equal(FuseExitReason.Unmounted, await session.Ended.WaitAsync(Patience, TestContext.Current.CancellationToken));
        Assert.Null(FuseConnection.Find("/tmp/there-is-no-mount-here"));
    }

    [Fact]
    public async Task A_stopped_session_hands_over_without_an_error()
    {
        _mount.Serve(_files).Stop(Patience);
        Assert.False(_files.Destroyed);
        using var stop = new CancellationTokenSource();
        var load = Enumerable.Range(0, 4).Select(_ => Task.Factory.StartNew(() => ReadUntil(stop.Token), TaskCreationOptions.LongRunning)).ToArray();
        for (var generation = 0; generation < 10; generation++)
        {
            var session = _mount.Serve(_files);
            var seen = Volatile.Read(ref _files.Reads);
            Assert.True(SpinWait.SpinUntil(() => Volatile.Read(ref _files.Reads) > seen + 50, Patience));
            Assert.True(session.Stop(Patience));
            Assert.Equal(FuseExitReason.Stopped, await session.Ended.WaitAsync(Patience, TestContext.Current.CancellationToken));
        }
        await stop.CancelAsync();
        _mount.Serve(_files);
        await Task.WhenAll(load).WaitAsync(Patience, TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task A_successor_gets_what_a_dead_session_left_unanswered()
    {
        using var lost = new BlockingCollection<ulong>();
        _files.OnRead = request => lost.Add(request.Unique);
        var dead = _mount.Serve(_files);
        var read = _mount.ReadLater();
        Assert.True(lost.TryTake(out var unique, Patience));
        Assert.False(dead.Stop(TimeSpan.FromMilliseconds(100)));

        using var repeated = new BlockingCollection<(ulong Unique, ulong Stable, bool IsResend)>();
        var successor = new ScriptedFileSystem
        {
            OnRead = request =>
            {
                repeated.Add((request.Unique, request.StableUnique, request.IsResend));
                request.ReplyBytes("from the successor"u8);
            },
        };
        _mount.Serve(successor, options => options with { IsSuccessor = true });
        Assert.Equal(18, await read.WaitAsync(Patience, TestContext.Current.CancellationToken));
        Assert.Equal((unique | FuseProtocol.FUSE_UNIQUE_RESEND, unique, true), Assert.Single(repeated));
    }

    [Fact]
    public void Durations_are_measured_while_somebody_listens()
    {
        var opcodes = new ConcurrentBag<string>();
        using var listener = new MeterListener();
        listener.InstrumentPublished = (instrument, self) =>
        {
            if (instrument.Meter.Name == "SealFs.Fuse") self.EnableMeasurementEvents(instrument);
        };
        listener.SetMeasurementEventCallback<double>((_, seconds, tags, _) =>
        {
            Assert.True(seconds > 0);
            opcodes.Add((string)tags[0].Value!);
        });
        listener.Start();
        _mount.Serve(_files);
        Assert.Equal(7, _mount.Read(new byte[8]));
        Assert.True(SpinWait.SpinUntil(() => opcodes.Contains("FUSE_READ"), Patience));
    }

    private void ReadUntil(CancellationToken stop)
    {
        while (!stop.IsCancellationRequested) Assert.Equal(7, _mount.Read(new byte[8]));
    }
}
