using SealFs.Core;
using SealFs.Core.Messages;
using SealFs.Core.Rpc;
using SealFs.Core.Wire;
using SealFs.Simulator.Mounts;
using SealFs.Simulator.World;

namespace SealFs.Simulator.Network;

/// <summary>The asking side of the data plane, with the promises of <see cref="RpcConnection"/>: connects by itself, greets, and ends calls whose connection broke.</summary>
internal sealed class SimulatedChannel : RpcChannel
{
    private const int HelloBytes = 4096;

    private readonly SimulatedNetwork _network;
    private readonly SimulatedProcess _process;
    private readonly RpcClientOptions _options;
    private readonly MountMistakes? _mistakes;
    private readonly SortedDictionary<ulong, SimulatedCall> _calls = [];
    private ConnectionAttempt _attempt;
    private SimulatedLink? _link;
    private bool _isGreeted;
    private bool _isConnecting;
    private bool _isDisposed;
    private TimeSpan _backoff = RpcLimits.BackoffFirst;
    private ulong _lastRequest;

    public SimulatedChannel(SimulatedNetwork network, SimulatedProcess process, RpcEndpoint endpoint, RpcClientOptions options, MountMistakes? mistakes = null)
        : base(endpoint)
    {
        _network = network;
        _process = process;
        _options = options;
        _mistakes = mistakes;
        _attempt = ConnectionAttempt.First(options.Random);
        process.Killed += () => _link?.Break();
    }

    /// <param name="network">What lies between.</param>
    /// <param name="process">Who connects.</param>
    /// <param name="mistakes">What goes wrong in the client on purpose; null: nothing.</param>
    public static RpcConnector For(SimulatedNetwork network, SimulatedProcess process, MountMistakes? mistakes = null) =>
        (endpoint, options) => new SimulatedChannel(network, process, endpoint, options, mistakes);

    public override ValueTask<RpcResponse> CallAsync(in RpcCall call, ReadOnlySpan<byte> body, Payload payload = default, CancellationToken cancellation = default)
    {
        _network.World.CheckThread();
        if (_isDisposed)
            return new ValueTask<RpcResponse>(new RpcResponse(Errno.Disconnected));
        if (_mistakes is not null && _mistakes.Skips(in call, body, Endpoint))
            return new ValueTask<RpcResponse>(SimulatedCall.ResponseOf(new SimulatedFrame(HeaderOf(in call, 0, 0, 0) with { Sequence = default, StatusOrSlot = 0 }, [], [])));
        using var copy = payload.Length > 0 ? payload.Copy() : null;
        var frame = new SimulatedFrame(HeaderOf(in call, ++_lastRequest, body.Length, payload.Length), body.ToArray(), copy is null ? [] : copy.Span.ToArray());
        var pending = new SimulatedCall(frame, call.ReplyPayloadBuffer, call.ReplyPayloadLength);
        _calls.Add(frame.Header.RequestId, pending);
        var timeoutMs = call.TimeoutMs == 0 ? _options.CallTime.TotalMilliseconds : call.TimeoutMs;
        pending.Timer = _process.Clock.CreateTimer(
            _ => End(pending, new RpcResponse(Errno.ETIMEDOUT)), null, TimeSpan.FromMilliseconds(timeoutMs), Timeout.InfiniteTimeSpan);
        if (cancellation.CanBeCanceled)
            pending.Cancellation = cancellation.UnsafeRegister(_ => End(pending, new RpcResponse(Errno.ECANCELED)), null);
        if (_isGreeted)
            Send(pending);
        else
            Reach();
        return new ValueTask<RpcResponse>(pending.Task);
    }

    public override ValueTask DisposeAsync()
    {
        _isDisposed = true;
        _link?.Break();
        foreach (var call in _calls.Values.ToList())
            End(call, new RpcResponse(Errno.Disconnected));
        return ValueTask.CompletedTask;
    }

    private static FrameHeader HeaderOf(in RpcCall call, ulong request, int bodyLength, int payloadLength) => new()
    {
        Length = (uint)(FrameHeader.Size + bodyLength + payloadLength),
        Version = FrameHeader.CurrentVersion,
        Flags = (call.Resent ? FrameFlags.Resent : 0) | (call.Compound ? FrameFlags.Compound : 0),
        Opcode = call.Opcode,
        RequestId = request,
        Session = call.Session,
        Sequence = call.Sequence,
        Shard = call.Shard,
        Epoch = call.Epoch,
        BodyLength = (uint)bodyLength,
        PayloadLength = (uint)payloadLength,
        StatusOrSlot = call.Slot | (call.Generation << 16),
        TimeoutMs = call.TimeoutMs,
        Volume = call.Volume,
    };

    private void Reach()
    {
        if (_isConnecting || _isDisposed)
            return;
        _isConnecting = true;
        _network.World.Schedule(_network.Delay() + _network.Delay(), _process, () =>
        {
            if (_isDisposed)
                return;
            if (_network.Find(_process, $"{Endpoint.Host}:{Endpoint.Port}") is SimulatedNodeServer server)
                Greet(server);
            else
                TryAgainLater();
        });
    }

    private void Greet(SimulatedNodeServer server)
    {
        var attempt = _attempt;
        _attempt = _attempt.Next();
        var body = new byte[HelloBytes];
        Array.Resize(ref body, _options.Hello(body, attempt));
        var link = new SimulatedLink(_network, _process, server.Process);
        var connection = server.Accept(link);
        _link = link;
        link.ClientLost = () => Lost(link);
        connection.Answered = answer => Take(link, connection, attempt, answer);
        SendHello(link, connection, body);
    }

    private static void SendHello(SimulatedLink link, SimulatedConnection connection, byte[] body)
    {
        var hello = new SimulatedFrame(new FrameHeader { Version = FrameHeader.CurrentVersion, Opcode = Opcode.Hello, BodyLength = (uint)body.Length }, body, []);
        link.ToServer(() => connection.Receive(hello));
    }

    private void Take(SimulatedLink link, SimulatedConnection connection, ConnectionAttempt attempt, SimulatedFrame answer)
    {
        if (link != _link)
            return;
        if (answer.Header.Opcode == Opcode.Hello)
        {
            TakeHello(link, connection, attempt, answer);
            return;
        }

        if (_calls.TryGetValue(answer.Header.RequestId, out var call))
            End(call, SimulatedCall.ResponseOf(_mistakes?.Hears(answer) ?? answer, call));
    }

    private void TakeHello(SimulatedLink link, SimulatedConnection connection, ConnectionAttempt attempt, SimulatedFrame answer)
    {
        if (answer.Header.Status == Errno.ProofRequired && _options.Prove is { } prove)
        {
            var body = new byte[HelloBytes];
            Array.Resize(ref body, prove(body, attempt, answer.Body));
            SendHello(link, connection, body);
            return;
        }

        if (answer.Header.Status != Errno.None)
        {
            RaiseChanged(new RpcConnectionChange { Connected = false, Reason = "refused", Refusal = answer.Header.Status });
            link.Break();
            return;
        }

        _isGreeted = true;
        _isConnecting = false;
        _backoff = RpcLimits.BackoffFirst;
        Connection = connection;
        RaiseChanged(new RpcConnectionChange
        {
            Connected = true,
            Reason = "",
            PeerIncarnation = RpcConnectionChange.IncarnationOf(answer.Body),
            HelloReply = answer.Body,
        });
        foreach (var call in _calls.Values)
        {
            if (!call.IsSent)
                Send(call);
        }
    }

    private SimulatedConnection? Connection { get; set; }

    private void Send(SimulatedCall call)
    {
        call.IsSent = true;
        var connection = Connection!;
        _link!.ToServer(() => connection.Receive(call.Frame));
    }

    private void Lost(SimulatedLink link)
    {
        if (link != _link)
            return;
        var was = _isGreeted;
        _link = null;
        _isGreeted = false;
        if (was)
            RaiseChanged(new RpcConnectionChange { Connected = false, Reason = "lost" });
        foreach (var call in _calls.Values.Where(static call => call.IsSent).ToList())
            End(call, new RpcResponse(Errno.Disconnected));
        TryAgainLater();
    }

    private void TryAgainLater()
    {
        var pause = _backoff * ((_options.Random.NextDouble() + 1) / 2);
        _backoff = TimeSpan.FromTicks(Math.Min(_backoff.Ticks * 2, RpcLimits.BackoffLast.Ticks));
        _isConnecting = true;
        _network.World.Schedule(pause, _process, () =>
        {
            _isConnecting = false;
            Reach();
        });
    }

    private void End(SimulatedCall call, RpcResponse response)
    {
        if (_calls.Remove(call.Frame.Header.RequestId))
            call.End(response);
        else
            response.Dispose();
    }
}
