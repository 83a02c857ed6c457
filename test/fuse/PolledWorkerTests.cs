using System.Collections.Concurrent;
using SealFs.Fuse.Abi;

namespace SealFs.Fuse.Tests;

/// <summary>Workers that wait for other things beside the kernel: everything of a request happens on the one thread.</summary>
public sealed class PolledWorkerTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);
    private readonly MountedScript _mount = new(workers: 1);
    private readonly ScriptedFileSystem _files = new();
    private readonly PollWait _wait = new();

    public void Dispose()
    {
        _mount.Dispose();
        _wait.Dispose();
    }

    [Fact]
    public void Requests_are_read_answered_and_flushed_on_the_thread_that_waits()
    {
        var threads = new ConcurrentDictionary<int, bool>();
        _files.OnRead = request =>
        {
            threads[Environment.CurrentManagedThreadId] = true;
            _wait.Send(() => request.ReplyBytes("content"u8));
        };
        Serve();
        for (var i = 0; i < 20; i++) Assert.Equal(7, _mount.Read(new byte[64]));
        Assert.Equal([_wait.ThreadId], threads.Keys);
        Assert.True(_wait.Flushes >= 20);
    }

    [Fact]
    public async Task An_answer_that_comes_from_outside_is_given_on_the_same_thread()
    {
        _files.OnRead = request => ThreadPool.QueueUserWorkItem(_ => _wait.Post(() => request.ReplyBytes("content"u8)));
        Serve();
        var reads = Enumerable.Range(0, 8).Select(_ => _mount.ReadLater()).ToArray();
        Assert.All(await Task.WhenAll(reads).WaitAsync(Patience, TestContext.Current.CancellationToken), length => Assert.Equal(7, length));
    }

    [Fact]
    public async Task A_worker_without_a_free_request_goes_on_with_its_other_work()
    {
        const int Limit = 4;
        var held = new ConcurrentQueue<FuseRequest>();
        _files.OnRead = held.Enqueue;
        Serve(options => options with { MaxRequests = Limit });
        var reads = Enumerable.Range(0, Limit * 4).Select(_ => _mount.ReadLater()).ToArray();
        var answered = 0;
        while (answered < reads.Length)
        {
            // Only this thread's work frees requests: a worker that waited for one would wait for ever.
            SpinWait.SpinUntil(() => !held.IsEmpty, Patience);
            Assert.True(held.TryDequeue(out var request), $"nothing arrives after {answered} answers");
            answered++;
            _wait.Post(() => request.ReplyBytes("content"u8));
        }
        Assert.All(await Task.WhenAll(reads).WaitAsync(Patience, TestContext.Current.CancellationToken), length => Assert.Equal(7, length));
        Assert.True(_wait.RoomWaits > 0, "there was always room: the test did not test what it should");
    }

    [Fact]
    public async Task A_reply_never_waits_for_a_buffer()
    {
        const int Limit = 2;
        var held = new ConcurrentQueue<FuseRequest>();
        _files.OnRead = held.Enqueue;
        Serve(options => options with { MaxBuffers = Limit });
        var reads = Enumerable.Range(0, Limit * 4).Select(_ => _mount.ReadLater()).ToArray();
        SpinWait.SpinUntil(() => held.Count == reads.Length, Patience);
        Assert.Equal(reads.Length, held.Count);
        using var done = new ManualResetEventSlim();
        _wait.Post(() =>
        {
            // All take a large buffer before the first of them gives one back.
            foreach (var request in held) "content"u8.CopyTo(request.ReplyBuffer);
            foreach (var request in held) request.ReplyFromBuffer(7);
            done.Set();
        });
        Assert.True(done.Wait(Patience, TestContext.Current.CancellationToken), "the worker waits for a buffer that only it can free");
        Assert.All(await Task.WhenAll(reads).WaitAsync(Patience, TestContext.Current.CancellationToken), length => Assert.Equal(7, length));
    }

    [Fact]
    public async Task Stopping_and_unmounting_end_the_worker()
    {
        var first = Serve();
        Assert.Equal(7, _mount.Read(new byte[64]));
        Assert.True(first.Stop(Patience));
        Assert.Equal(1, _wait.Detaches);
        var second = Serve();
        Assert.Equal(7, _mount.Read(new byte[64]));
        FuseMount.Unmount(_mount.Path);
        Assert.Equal(FuseExitReason.Unmounted, await second.Ended.WaitAsync(Patience, TestContext.Current.CancellationToken));
        Assert.Equal(2, _wait.Detaches);
    }

    [Fact]
    public void A_blocking_session_may_follow_a_polling_one()
    {
        Assert.True(Serve().Stop(Patience));
        _mount.Serve(_files);
        Assert.Equal(7, _mount.Read(new byte[64]));
    }

    private FuseSession Serve(Func<FuseSessionOptions, FuseSessionOptions>? change = null) =>
        _mount.Serve(_files, options => (change?.Invoke(options) ?? options) with { Wait = _ => _wait });
}
