using System.Net;
using System.Net.Sockets;
using System.Security.Authentication;
using SealFs.Core.Security;
using SealFs.Core.Wire;

namespace SealFs.Core.Rpc;

/// <summary>The life of the connection, on the receiver's thread: connect, Hello, receive until it breaks, pause, again.</summary>
public sealed partial class RpcConnection
{
    /// <summary>Room for a Hello body: token, key and signature are a few hundred bytes.</summary>
    private const int HelloBytes = RpcLimits.HelloFrameBytes - FrameHeader.Size;

    private readonly CancellationTokenSource _stop = new();
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Ends the connection. What is under way completes with Disconnected. Must not be awaited on the receiver's thread.</summary>
    public override async ValueTask DisposeAsync()
    {
        bool first;
        lock (_gate)
        {
            first = !_disposed;
            _disposed = true;
            if (!_started)
                _ended.TrySetResult();
        }

        if (first)
        {
            await _stop.CancelAsync();
            Volatile.Read(ref _link)?.Break("disposed");
        }

        await _ended.Task;
        if (!first)
            return;
        FailAll(waitingToo: true);
        DeadlineTicker.Disarm(this);
        RpcClientGauges.Remove(this);
        _stop.Dispose();
    }

    private void Run()
    {
        var backoff = RpcLimits.BackoffFirst;
        while (!_stop.IsCancellationRequested)
        {
            var descriptor = TryConnect();
            if (descriptor >= 0 && Serve(descriptor))
                backoff = RpcLimits.BackoffFirst;

            Pause(backoff);
            backoff = TimeSpan.FromTicks(Math.Min(backoff.Ticks * 2, RpcLimits.BackoffLast.Ticks));
        }

        _ended.TrySetResult();
    }

    /// <summary>Waits between half and the whole of the time: peers that lost the same node do not come back in step.</summary>
    private void Pause(TimeSpan time) => _stop.Token.WaitHandle.WaitOne(time * ((_options.Random.NextDouble() + 1) / 2));

    private int TryConnect()
    {
        var error = 0;
        try
        {
            foreach (var address in Endpoint.Addresses())
            {
                error = NativeSocket.Connect(address, RpcLimits.ConnectTime, _stop.Token, out var descriptor);
                if (error == 0)
                    return Endpoint.IsSecured && address is IPEndPoint ? Secure(descriptor) : descriptor;
            }
        }
        catch (SocketException exception)
        {
            error = exception.NativeErrorCode;
        }

        if (!_stop.IsCancellationRequested)
            _logger.ConnectFailed(Endpoint, error);
        return -1;
    }

    /// <summary>Returns a descriptor behind which the connection is encrypted, or -1, which has been logged.</summary>
    private int Secure(int descriptor)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(_stop.Token);
        limit.CancelAfter(RpcLimits.HelloTime);
        var network = TlsRelay.StreamOf(descriptor);
        try
        {
            var own = _options.Credentials?.Current ?? throw new CredentialException("it speaks TLS, and there are no certificates here (--tls-dir)");
            return TlsRelay.Start(TlsHandshake.ConnectAsync(network, Endpoint.Host!, own, _options.Time.GetUtcNow(), limit.Token).GetAwaiter().GetResult());
        }
        catch (Exception exception) when (exception is CredentialException or AuthenticationException or IOException or OperationCanceledException)
        {
            network.Dispose();
            if (!_stop.IsCancellationRequested)
                _logger.GreetingFailed(Endpoint, exception is OperationCanceledException ? "TLS handshake not done in time" : exception.Message);
            return -1;
        }
    }

    /// <summary>Returns true when the connection was of use: a peer that accepts and answers nothing is not asked again in haste.</summary>
    private bool Serve(int descriptor)
    {
        if (!TryGreet(descriptor, out var helloReply))
        {
            _ = Libc.close(descriptor);
            return false;
        }

        var link = new ClientLink(this, _gate, descriptor, _options.Notification);
        Install(link, helloReply);
        var reason = _options.Receivers?.Receive(link) ?? link.Receive();
        lock (_gate)
            Volatile.Write(ref _link, null);
        link.Dispose();
        RpcMetrics.ClientConnections(-1);
        _logger.ConnectionLost(Endpoint, reason);
        FailAll(waitingToo: false);
        RaiseChanged(new RpcConnectionChange { Connected = false, Reason = reason });
        return link.HasReceived;
    }

    private void Install(ClientLink link, ReadOnlySpan<byte> helloReply)
    {
        var incarnation = RpcConnectionChange.IncarnationOf(helloReply);
        _logger.Connected(Endpoint, incarnation);
        RpcMetrics.ClientConnections(1);
        RaiseChanged(new RpcConnectionChange { Connected = true, Reason = "", PeerIncarnation = incarnation, HelloReply = helloReply });
        bool send;
        lock (_gate)
        {
            Volatile.Write(ref _link, link);
            if (_disposed)
                link.Break("disposed");
            send = RefillLocked(link) && link.SenderNeeded();
        }

        if (send)
            link.Drain();
    }

    /// <summary>Sends Hello and waits for the answer, on this thread: nothing else is on the connection yet. A challenge is answered with a second Hello.</summary>
    private bool TryGreet(int descriptor, out byte[] helloReply)
    {
        NativeSocket.SetReceiveTimeout(descriptor, RpcLimits.HelloTime);
        using var interruption = _stop.Token.UnsafeRegister(static state => _ = Libc.shutdown((int)state!, Libc.SHUT_RDWR), descriptor);
        Span<byte> frame = stackalloc byte[FrameHeader.Size + HelloBytes];
        var attempt = _attempt;
        _attempt = _attempt.Next();
        var status = Greet(descriptor, frame, _options.Hello(frame[FrameHeader.Size..], attempt), out helloReply);
        if (status == Errno.ProofRequired && _options.Prove is { } prove)
            status = Greet(descriptor, frame, prove(frame[FrameHeader.Size..], attempt, helloReply), out helloReply);
        if (status == Errno.None)
        {
            NativeSocket.SetReceiveTimeout(descriptor, TimeSpan.Zero);
            return true;
        }

        if (status is { } refusal)
        {
            var objection = $"refused with {refusal}";
            RaiseChanged(new RpcConnectionChange { Connected = false, Reason = objection, Refusal = refusal });
            _logger.GreetingFailed(Endpoint, objection);
        }

        return false;
    }

    /// <summary>One Hello and its answer; null when there was no proper one, which has been logged.</summary>
    private Errno? Greet(int descriptor, Span<byte> frame, int bodyLength, out byte[] helloReply)
    {
        helloReply = [];
        var call = new RpcCall { Opcode = Opcode.Hello };
        HeaderOf(in call, bodyLength, 0, FrameFlags.None).Write(frame);
        var head = frame[..FrameHeader.Size];
        if (!SendWhole(descriptor, frame[..(FrameHeader.Size + bodyLength)]) || !ReceiveWhole(descriptor, head))
        {
            _logger.GreetingFailed(Endpoint, "no answer to Hello");
            return null;
        }

        var header = FrameHeader.Read(head);
        var objection = FrameRules.Judge(in header);
        if (objection is null && header.Opcode == Opcode.Hello && header.IsResponse && header.PayloadLength == 0)
        {
            helloReply = new byte[header.BodyLength];
            if (ReceiveWhole(descriptor, helloReply))
                return header.Status;
            objection = "incomplete answer to Hello";
        }

        _logger.GreetingFailed(Endpoint, objection ?? "the first frame is no answer to Hello");
        return null;
    }

    private static unsafe bool SendWhole(int descriptor, ReadOnlySpan<byte> bytes)
    {
        fixed (byte* start = bytes)
            return Libc.send(descriptor, start, (nuint)bytes.Length, Libc.MSG_NOSIGNAL) == bytes.Length;
    }

    private static unsafe bool ReceiveWhole(int descriptor, Span<byte> target)
    {
        while (!target.IsEmpty)
        {
            nint received;
            fixed (byte* start = target)
                received = Libc.recv(descriptor, start, (nuint)target.Length, 0);
            if (received > 0)
                target = target[(int)received..];
            else if (received == 0 || Libc.LastErrno != Libc.EINTR)
                return false;
        }

        return true;
    }
}
