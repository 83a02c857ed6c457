using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using System.Net;
using SealFs.Core.Rpc;
using SealFs.Core.Wire;
using Xunit;

namespace SealFs.Core.Tests.Rpc;

/// <summary>Watches the meter of the whole process, so nothing else may run meanwhile.</summary>
[Collection(nameof(AloneCollection))]
public sealed class BackPressureTests
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(20);

    [Fact]
    public async Task A_connection_that_does_not_read_its_answers_is_not_read_from_until_it_does()
    {
        const int Requests = 1000;
        const int PayloadBytes = 16 * 1024;
        await using var pair = RpcPair.Start(server: (handler, _) => new RpcServerOptions
        {
            Handler = handler,
            Listen = [new IPEndPoint(IPAddress.Loopback, 0)],
            QueuedBytes = 256 * 1024,
        });
        using var metrics = new QueueMetrics();
        using var peer = new RawPeer(pair.Server.Addresses[0]);
        peer.Greet();
        var frame = RawPeer.Frame(Opcode.Write, [], PayloadBytes);
        var sending = Task.Run(() =>
        {
            for (var index = 0; index < Requests; index++)
                peer.Send(frame);
        });
        Assert.True(SpinWait.SpinUntil(() => metrics.Pauses > 0, s_patience));
        Assert.InRange(metrics.QueuedBytes(), 0, (256 + 64 + 64) * 1024);
        Assert.False(sending.IsCompleted);
        Assert.Equal(3ul, await pair.EchoAsync(3));

        for (var index = 0; index < Requests; index++)
            Assert.Equal(PayloadBytes, peer.ReadFrame().Body.Length);
        await sending;
    }

    [Fact]
    public async Task A_connection_over_the_hard_limit_is_closed()
    {
        await using var pair = RpcPair.Start(server: (handler, _) => new RpcServerOptions
        {
            Handler = handler,
            Listen = [new IPEndPoint(IPAddress.Loopback, 0)],
            QueuedBytesHard = 1024 * 1024,
        });
        using var peer = new RawPeer(pair.Server.Addresses[0]);
        peer.Greet();
        Assert.True(pair.Handler.Peers.TryDequeue(out var accepted));
        var body = new byte[32 * 1024];
        Assert.True(SpinWait.SpinUntil(
            () =>
            {
                accepted.Notify(Opcode.Ping, new BytesMessage(body));
                return !pair.Handler.Disconnects.IsEmpty;
            },
            s_patience));
        Assert.Equal(["does not read its answers"], pair.Handler.Disconnects);
    }

    [Fact]
    public async Task The_server_holds_no_more_requests_than_allowed()
    {
        const int Limit = 8;
        var held = new BlockingCollection<RpcServerRequest>();
        await using var pair = RpcPair.Start(server: (handler, _) => new RpcServerOptions
        {
            Handler = handler,
            Listen = [new IPEndPoint(IPAddress.Loopback, 0)],
            HeldRequests = Limit,
        });
        pair.Handler.Intercept = request =>
        {
            held.Add(request);
            return true;
        };
        using var metrics = new QueueMetrics();
        var pending = Enumerable.Range(0, 100).Select(index => pair.EchoAsync((ulong)index)).ToArray();
        Assert.True(SpinWait.SpinUntil(() => metrics.Pauses > 0, s_patience));
        Assert.Equal(Limit, held.Count);
        while (!pending.All(task => task.IsCompleted))
        {
            if (!held.TryTake(out var request, s_patience))
                Assert.Fail("no further request came");
            request.Reply(Errno.None, new NumberMessage(request.Read<NumberMessage>().Value));
            if (held.Count == 0 && !SpinWait.SpinUntil(() => held.Count > 0 || pending.All(task => task.IsCompleted), s_patience))
                Assert.Fail("no further request came");
        }

        Assert.Equal(Enumerable.Range(0, 100).Select(index => (ulong)index), await Task.WhenAll(pending));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(4)]
    public async Task Calls_over_the_limit_in_flight_wait_their_turn(int limit)
    {
        var most = 0;
        var held = new BlockingCollection<RpcServerRequest>();
        await using var pair = RpcPair.Start(client: endpoint => new RpcConnection(endpoint, new RpcClientOptions { Hello = RpcPair.WriteHello, InFlightCalls = limit }));
        pair.Handler.Intercept = request =>
        {
            held.Add(request);
            return true;
        };
        var pending = Enumerable.Range(0, 50).Select(index => pair.EchoAsync((ulong)index)).ToArray();
        for (var answered = 0; answered < 50; answered++)
        {
            Assert.True(held.TryTake(out var request, s_patience));
            most = Math.Max(most, held.Count + 1);
            Assert.InRange(pair.Connection.InFlight, 1, limit);
            request.Reply(Errno.None, new NumberMessage(request.Read<NumberMessage>().Value));
        }

        Assert.Equal(Enumerable.Range(0, 50).Select(index => (ulong)index), await Task.WhenAll(pending));
        Assert.InRange(most, 1, limit);
    }

    [Fact]
    public async Task Large_payloads_to_a_server_that_pauses_all_arrive_in_the_end()
    {
        var held = new BlockingCollection<RpcServerRequest>();
        await using var pair = RpcPair.Start(
            server: (handler, _) => new RpcServerOptions { Handler = handler, Listen = [new IPEndPoint(IPAddress.Loopback, 0)], HeldBytes = 1024 * 1024 },
            client: endpoint => new RpcConnection(endpoint, new RpcClientOptions { Hello = RpcPair.WriteHello, QueuedBytes = 4 * 1024 * 1024 }));
        pair.Handler.Intercept = request =>
        {
            held.Add(request);
            return true;
        };
        var calls = Enumerable.Range(0, 40).Select(index => Task.Run(() => EchoMebibyteAsync(pair.Connection, (byte)index))).ToArray();
        Assert.True(SpinWait.SpinUntil(() => pair.Connection.Waiting > 0, s_patience));
        for (var answered = 0; answered < 40; answered++)
        {
            Assert.True(held.TryTake(out var request, s_patience));
            request.Reply(Errno.None, new NumberMessage(0), request.PayloadSpan);
        }

        await Task.WhenAll(calls);
    }

    private static async Task EchoMebibyteAsync(RpcConnection connection, byte fill)
    {
        using var source = RpcBuffer.Rent(1024 * 1024);
        source.Span.Fill(fill);
        using var response = await CallNative(connection, source);
        Assert.Equal(Errno.None, response.Status);
        Assert.Equal(source.Length, response.Payload.Length);
        Assert.False(response.Payload.ContainsAnyExcept(fill));
    }

    private static unsafe ValueTask<RpcResponse> CallNative(RpcConnection connection, RpcBuffer source)
    {
        var call = new RpcCall { Opcode = Opcode.Write };
        return connection.CallAsync(in call, new NumberMessage(1), new Payload((nint)source.Address, source.Length));
    }

    /// <summary>Listens to the RPC meter.</summary>
    private sealed class QueueMetrics : IDisposable
    {
        private readonly MeterListener _listener = new();
        private long _pauses;
        private long _queued;

        public QueueMetrics()
        {
            _listener.InstrumentPublished = (instrument, listener) =>
            {
                if (instrument.Meter.Name == RpcMetrics.MeterName)
                    listener.EnableMeasurementEvents(instrument);
            };
            _listener.SetMeasurementEventCallback<long>((instrument, value, _, _) =>
            {
                if (instrument.Name == "sealfs.rpc.server.pauses")
                    Interlocked.Add(ref _pauses, value);
                if (instrument.Name == "sealfs.rpc.server.queued")
                    Volatile.Write(ref _queued, value);
            });
            _listener.Start();
        }

        public long Pauses => Volatile.Read(ref _pauses);

        public long QueuedBytes()
        {
            _listener.RecordObservableInstruments();
            return Volatile.Read(ref _queued);
        }

        public void Dispose() => _listener.Dispose();
    }
}
