using System.Collections.Concurrent;
using System.Runtime.InteropServices;
using SealFs.Fuse.Abi;

namespace SealFs.Fuse.Tests;

/// <summary>Replies: later, from other threads, in pieces, wrong ones, none at all.</summary>
public sealed class ReplyTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);
    private readonly MountedScript _mount = new();
    private readonly ScriptedFileSystem _files = new();

    public void Dispose() => _mount.Dispose();

    [Fact]
    public async Task Many_requests_wait_at_once_and_are_answered_by_another_thread()
    {
        const int readers = 40;
        using var arrived = new BlockingCollection<FuseRequest>();
        _files.OnRead = arrived.Add;
        _mount.Serve(_files, options => options with { MaxBuffers = 3 });
        var reads = Enumerable.Range(0, readers).Select(_ => _mount.ReadLater()).ToArray();
        var waiting = new List<FuseRequest>();
        while (waiting.Count < readers)
        {
            Assert.True(arrived.TryTake(out var request, Patience), $"only {waiting.Count} requests arrived: a waiting one holds a worker or a large buffer");
            waiting.Add(request);
        }
        waiting.ForEach(request => request.ReplyBytes("late"u8));
        Assert.All(await Task.WhenAll(reads).WaitAsync(Patience), length => Assert.Equal(4, length));
    }

    [Fact]
    public async Task No_more_requests_are_read_than_the_limit_allows()
    {
        const int limit = 5;
        using var arrived = new BlockingCollection<FuseRequest>();
        _files.OnRead = arrived.Add;
        var session = _mount.Serve(_files, options => options with { MaxRequests = limit });
        var reads = Enumerable.Range(0, 12).Select(_ => _mount.ReadLater()).ToArray();
        var answered = 0;
        while (answered < reads.Length)
        {
            Assert.InRange(session.RequestsInUse, 0, limit);
            Assert.True(arrived.TryTake(out var request, Patience));
            request.ReplyBytes("x"u8);
            answered++;
        }
        Assert.All(await Task.WhenAll(reads).WaitAsync(Patience), length => Assert.Equal(1, length));
    }

    [Fact]
    public unsafe void A_vectored_reply_arrives_in_order()
    {
        var memory = (byte*)NativeMemory.Alloc(16);
        "defabcghi"u8.CopyTo(new Span<byte>(memory, 16));
        _files.OnRead = request => request.ReplyVectored([new(memory + 3, 3), new(memory, 3), new(memory + 6, 3)]);
        _mount.Serve(_files);
        var buffer = new byte[64];
        Assert.Equal(9, _mount.Read(buffer));
        Assert.Equal("abcdefghi"u8, buffer.AsSpan(0, 9));
        NativeMemory.Free(memory);
    }

    [Fact]
    public void A_reply_longer_than_the_slot_goes_through_a_large_buffer()
    {
        var content = new byte[50_000];
        new Random(4).NextBytes(content);
        _files.OnRead = request => request.ReplyBytes(content);
        _mount.Serve(_files);
        var buffer = new byte[60_000];
        Assert.Equal(content.Length, _mount.Read(buffer));
        Assert.True(content.AsSpan().SequenceEqual(buffer.AsSpan(0, content.Length)));
    }

    [Fact]
    public void A_handler_that_throws_gives_the_caller_EIO_and_is_reported()
    {
        var observer = new RecordingObserver();
        _files.OnRead = _ => throw new InvalidDataException("on purpose");
        _mount.Serve(_files, options => options with { Observer = observer });
        Assert.Equal(-FuseErrno.EIO, _mount.Read(new byte[8]));
        Assert.Equal("on purpose", Assert.Single(observer.Failures).Message);
        _files.OnRead = request => request.ReplyBytes("fine"u8);
        Assert.Equal(4, _mount.Read(new byte[8]));
    }

    [Fact]
    public void A_second_reply_is_a_bug_that_is_reported()
    {
        var observer = new RecordingObserver();
        _files.OnRead = request =>
        {
            request.ReplyBytes("once"u8);
            request.ReplyBytes("twice"u8);
        };
        _mount.Serve(_files, options => options with { Observer = observer });
        Assert.Equal(4, _mount.Read(new byte[8]));
        Assert.True(SpinWait.SpinUntil(() => observer.Failures.Count == 1, Patience));
        Assert.IsType<InvalidOperationException>(Assert.Single(observer.Failures));
    }

    [Fact]
    public void A_reply_the_kernel_refuses_becomes_EIO_and_is_reported()
    {
        var observer = new RecordingObserver();
        _files.OnRead = request => request.ReplyBytes(new byte[1000]);
        _mount.Serve(_files, options => options with { Observer = observer });
        Assert.Equal(-FuseErrno.EIO, _mount.Read(new byte[8]));
        Assert.True(SpinWait.SpinUntil(() => observer.Refused.Count == 1, Patience));
        Assert.Equal((FuseOpcode.FUSE_READ, FuseErrno.EINVAL), Assert.Single(observer.Refused));
    }

    [Fact]
    public void The_state_of_a_request_survives_its_recycling()
    {
        var contexts = new ConcurrentBag<object>();
        _files.OnRead = request =>
        {
            request.State ??= new object();
            contexts.Add(request.State);
            request.ReplyBytes("x"u8);
        };
        _mount.Serve(_files);
        for (var i = 0; i < 500; i++) Assert.Equal(1, _mount.Read(new byte[8]));
        Assert.True(contexts.Distinct().Count() < 200);
    }
}
