using System.Collections.Concurrent;
using System.Diagnostics;
using SealFs.Fuse.Abi;

namespace SealFs.Fuse.Tests;

/// <summary>A successor on a kernel without FUSE_NOTIFY_RESEND: what was read and not answered is found in memory that outlives the session.</summary>
public sealed class LeftRequestTests : IDisposable
{
    private const int BlockBytes = 128 << 10;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan Moment = TimeSpan.FromMilliseconds(100);
    private readonly MountedScript _mount = new(handshake: new FuseHandshakeOptions { Withheld = FuseInitFlags.FUSE_HAS_RESEND });
    private readonly BlockingCollection<FuseRequest> _lost = [];
    private readonly RecordingObserver _observer = new();

    public void Dispose()
    {
        _mount.Dispose();
        _lost.Dispose();
    }

    [Fact]
    public async Task What_was_not_answered_is_found_and_what_was_answered_is_left_alone()
    {
        var dead = new ScriptedFileSystem();
        var session = _mount.Serve(dead);
        for (var i = 0; i < 100; i++) Assert.Equal(7, _mount.Read(new byte[8]));
        Assert.Equal(BlockBytes, await Soon(_mount.WriteLater(BlockBytes, 1)));
        dead.OnRead = dead.OnWrite = _lost.Add;
        var read = _mount.ReadLater();
        var unique = Lost().StableUnique;
        var write = _mount.WriteLater(BlockBytes, 2);
        var writeUnique = Lost().StableUnique;
        Assert.False(session.Stop(Moment));

        using var repeated = new BlockingCollection<(ulong Unique, bool IsResend, byte Value)>();
        Succeed(new ScriptedFileSystem
        {
            OnRead = request =>
            {
                repeated.Add((request.StableUnique, request.IsResend, 0));
                request.ReplyBytes("from the successor"u8);
            },
            OnWrite = request =>
            {
                repeated.Add((request.StableUnique, request.IsResend, ValueOf(request)));
                request.ReplyWrite((uint)request.DataLength);
            },
        });
        Assert.Equal(18, await Soon(read));
        Assert.Equal(BlockBytes, await Soon(write));
        Assert.Equal(2, _observer.TakenUp);
        Assert.Equal([(unique, true, (byte)0), (writeUnique, true, (byte)2)], repeated.OrderBy(one => one.Unique));
        Assert.Equal(18, await Soon(_mount.ReadLater()));
        Assert.False(repeated.Last().IsResend);
    }

    [Fact]
    public async Task What_two_dead_sessions_left_is_answered_by_the_third()
    {
        var calls = new List<Task<long>>();
        for (var generation = 0; generation < 2; generation++)
        {
            // Writes within the file do not wait for each other.
            var session = Succeed(isSuccessor: generation > 0, files: new ScriptedFileSystem
            {
                OnRead = _lost.Add,
                OnWrite = _lost.Add,
                OpenFlags = FuseOpenFlags.FOPEN_DIRECT_IO | FuseOpenFlags.FOPEN_PARALLEL_DIRECT_WRITES,
                Size = 1 << 20,
            });
            for (var i = 0; i < 10; i++) calls.AddRange([_mount.ReadLater(), _mount.WriteLater(BlockBytes, (byte)i)]);

            // The second is told of those of the first too.
            for (var i = 0; i < 20 * (generation + 1); i++) Lost();
            Assert.False(session.Stop(Moment));
        }
        var values = new ConcurrentBag<byte>();
        Succeed(new ScriptedFileSystem
        {
            OnWrite = request =>
            {
                values.Add(ValueOf(request));
                request.ReplyWrite((uint)request.DataLength);
            },
        });
        var results = await Soon(Task.WhenAll(calls));
        Assert.All(results, result => Assert.Contains(result, new long[] { 7, BlockBytes }));
        Assert.Equal(40, _observer.TakenUp);
        Assert.Equal(Enumerable.Range(0, 20).Select(i => (byte)(i / 2)), values.Order());
    }

    [Fact]
    public async Task An_interrupt_that_the_dead_session_took_reaches_the_successor_too()
    {
        var session = _mount.Serve(new ScriptedFileSystem { OnRead = _lost.Add });
        using var reader = Process.Start(new ProcessStartInfo("cat", [$"{_mount.Path}/f"]) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        var lost = Lost();
        reader.Kill();
        Assert.True(SpinWait.SpinUntil(() => lost.IsInterrupted, Patience));
        Assert.False(session.Stop(Moment));
        Succeed(new ScriptedFileSystem { OnRead = request => request.OnInterrupt(interrupted => interrupted.ReplyError(FuseErrno.EINTR)) });
        await reader.WaitForExitAsync(TestContext.Current.CancellationToken).WaitAsync(Patience, TestContext.Current.CancellationToken);
    }

    [Fact]
    public void Nobody_goes_on_without_the_memory()
    {
        var refusal = Assert.Throws<NotSupportedException>(() => _mount.Serve(new ScriptedFileSystem(), options => options with { IsSuccessor = true, RequestMemory = null }));
        Assert.Contains("6.9", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Memory_of_a_session_with_other_limits_is_refused()
    {
        _mount.Serve(new ScriptedFileSystem()).Stop(Patience);
        Assert.Throws<InvalidDataException>(() => _mount.Serve(new ScriptedFileSystem(), options => options with { IsSuccessor = true, MaxRequests = 128 }));
    }

    private FuseSession Succeed(ScriptedFileSystem files, bool isSuccessor = true) =>
        _mount.Serve(files, options => options with { IsSuccessor = isSuccessor, Observer = _observer });

    private FuseRequest Lost()
    {
        Assert.True(_lost.TryTake(out var request, Patience));
        return request;
    }

    private static unsafe byte ValueOf(FuseRequest request)
    {
        var data = new ReadOnlySpan<byte>(request.Data, request.DataLength);
        return data.Length == BlockBytes && !data.ContainsAnyExcept(data[0]) ? data[0] : byte.MaxValue;
    }

    private static Task<T> Soon<T>(Task<T> task) => task.WaitAsync(Patience, TestContext.Current.CancellationToken);
}
