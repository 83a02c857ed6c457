using System.Collections.Concurrent;
using System.Net;
using SealFs.Core.Rpc;
using SealFs.Core.Wire;
using Xunit;

namespace SealFs.Core.Tests.Rpc;

/// <summary>What many connections hold together. It looks at the memory of the whole process, so nothing else may run meanwhile.</summary>
[Collection(nameof(AloneCollection))]
public sealed class MemoryTests
{
    private const long Budget = 96L << 20;
    private const int PayloadBytes = 4 << 20;

    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task Many_connections_that_send_large_frames_slowly_hold_no_more_than_the_budget()
    {
        const int Slow = 100;
        await using var pair = Start();
        var before = RpcBuffer.UsedBytes;
        var frame = RawPeer.Frame(Opcode.Write, [], PayloadBytes);
        var peers = Greeted(pair, Slow);

        // The beginning of a frame of 4 MiB from each, 400 MiB together.
        foreach (var peer in peers)
            peer.Send(frame.AsSpan(0, 100_000));
        Assert.True(SpinWait.SpinUntil(() => pair.Server.Memory.WaitingCount > 0, s_patience));

        // Somebody else is served all the same: small requests have room of their own.
        for (ulong number = 1; number <= 100; number++)
            Assert.Equal(number, await pair.EchoAsync(number));
        Assert.InRange(RpcBuffer.UsedBytes - before, 0, Budget);

        // All of them get on when they go on.
        var sending = peers.Select(peer => OnThread(() =>
        {
            peer.Send(frame.AsSpan(100_000));
            Assert.Equal(PayloadBytes, peer.ReadFrame().Body.Length);
        })).ToArray();
        await Task.WhenAll(sending).WaitAsync(s_patience, TestContext.Current.CancellationToken);
        Assert.InRange(RpcBuffer.UsedBytes - before, 0, Budget);
        foreach (var peer in peers)
            peer.Dispose();
    }

    [Fact]
    public async Task Connections_that_never_end_their_frames_are_closed_when_others_wait_for_the_memory()
    {
        await using var pair = Start(stalled: TimeSpan.FromMilliseconds(200));
        var frame = RawPeer.Frame(Opcode.Write, [], PayloadBytes);
        var peers = Greeted(pair, 40);
        foreach (var peer in peers)
            peer.TrySend(frame.AsSpan(0, 100_000));
        using var honest = new RawPeer(pair.Server.Addresses[0]);
        honest.Greet();
        await Task.Run(() => honest.Send(frame), TestContext.Current.CancellationToken).WaitAsync(s_patience, TestContext.Current.CancellationToken);
        Assert.Equal(PayloadBytes, honest.ReadFrame().Body.Length);
        Assert.Contains("holds memory that others wait for", pair.Handler.Disconnects);
        foreach (var peer in peers)
            peer.Dispose();
    }

    [Fact]
    public async Task Requests_that_are_held_stop_the_reading_and_their_answers_let_it_go_on()
    {
        var held = new BlockingCollection<RpcServerRequest>();
        await using var pair = Start();
        pair.Handler.Intercept = request =>
        {
            if (request.Header.Opcode != Opcode.Write)
                return false;
            held.Add(request);
            return true;
        };
        var frame = RawPeer.Frame(Opcode.Write, [], PayloadBytes);
        var peers = Greeted(pair, 40);
        var sending = peers.Select(peer => OnThread(() =>
        {
            peer.Send(frame);
            Assert.Equal(Errno.None, peer.ReadFrame().Header.Status);
        })).ToArray();
        Assert.True(SpinWait.SpinUntil(() => pair.Server.Memory.WaitingCount > 0, s_patience));
        Assert.InRange(held.Count, 1, (int)(Budget / PayloadBytes));
        Assert.Equal(5ul, await pair.EchoAsync(5));
        for (var answered = 0; answered < peers.Count; answered++)
        {
            Assert.True(held.TryTake(out var request, s_patience), "the next request is read when one was answered");
            request!.Reply(Errno.None);
        }
        await Task.WhenAll(sending).WaitAsync(s_patience, TestContext.Current.CancellationToken);
        foreach (var peer in peers)
            peer.Dispose();
    }

    [Fact]
    public async Task Another_server_is_read_from_when_clients_have_used_everything_up()
    {
        var held = new ConcurrentQueue<RpcServerRequest>();
        await using var pair = Start();
        var frame = RawPeer.Frame(Opcode.Write, [], PayloadBytes);
        pair.Handler.Intercept = request =>
        {
            if (request.Header.Opcode != Opcode.Write || request.Peer.IsExemptFromMemoryLimit)
                return false;
            held.Enqueue(request);
            return true;
        };
        var peers = Greeted(pair, 40);
        var sending = peers.Select(peer => OnThread(() => peer.Send(frame))).ToArray();
        Assert.True(SpinWait.SpinUntil(() => pair.Server.Memory.WaitingCount > 0, s_patience));

        pair.Handler.Peers.Clear();
        using var server = new RawPeer(pair.Server.Addresses[0]);
        server.Greet();
        Assert.Single(pair.Handler.Peers).IsExemptFromMemoryLimit = true;
        await Task.Run(() => server.Send(frame), TestContext.Current.CancellationToken).WaitAsync(s_patience, TestContext.Current.CancellationToken);
        Assert.Equal(PayloadBytes, server.ReadFrame().Body.Length);

        pair.Handler.Intercept = null;
        while (held.TryDequeue(out var request))
            request.Reply(Errno.None);
        await Task.WhenAll(sending).WaitAsync(s_patience, TestContext.Current.CancellationToken);
        foreach (var peer in peers)
            peer.Dispose();
    }

    [Fact]
    public async Task Connections_hold_little_before_Hello_and_nothing_while_they_are_idle()
    {
        const int Count = 200;
        await using var pair = Start();
        Assert.Equal(1ul, await pair.EchoAsync(1));
        var before = RpcBuffer.UsedBytes;
        var strangers = Enumerable.Range(0, Count).Select(_ => new RawPeer(pair.Server.Addresses[0])).ToList();
        foreach (var stranger in strangers)
            stranger.Send(RawPeer.HelloFrame().AsSpan(0, 20));
        Assert.True(SpinWait.SpinUntil(() => pair.Server.ConnectionCount > Count, s_patience));
        Assert.True(SpinWait.SpinUntil(() => RpcBuffer.UsedBytes - before >= Count * RpcLimits.HelloFrameBytes, s_patience));
        Assert.InRange(RpcBuffer.UsedBytes - before, 0, (Count * RpcLimits.HelloFrameBytes) + (1 << 20));
        foreach (var stranger in strangers)
            stranger.Dispose();

        var peers = Greeted(pair, Count);
        Assert.True(SpinWait.SpinUntil(() => RpcBuffer.UsedBytes - before < 1 << 20, s_patience));
        foreach (var peer in peers)
            peer.Dispose();
    }

    private static RpcPair Start(TimeSpan? stalled = null) => RpcPair.Start(server: (handler, _) => new RpcServerOptions
    {
        Handler = handler,
        Listen = [new IPEndPoint(IPAddress.Loopback, 0)],
        LoopThreads = 2,
        MemoryBytes = Budget,
        StalledTime = stalled ?? TimeSpan.FromMinutes(5),
    });

    private static List<RawPeer> Greeted(RpcPair pair, int count)
    {
        var peers = Enumerable.Range(0, count).Select(_ => new RawPeer(pair.Server.Addresses[0])).ToList();
        foreach (var peer in peers)
            peer.Greet();
        return peers;
    }

    /// <summary>Blocking work on a thread of its own: the pool has few, which the server needs.</summary>
    private static Task OnThread(Action work) => Task.Factory.StartNew(work, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
}
