using System.Net;
using Microsoft.Extensions.Logging;
using SealFs.Core.Security;
using SealFs.Core.Wire;

namespace SealFs.Core.Rpc;

/// <summary>
/// One accepted connection. It belongs to an event loop, whose thread alone receives, parses and closes; answers are queued by any thread.
/// </summary>
internal sealed unsafe partial class ServerLink : FrameSender, IFrameSink, IDisposable
{
    /// <summary>recv calls for one readiness event, so that a fast sender does not starve the others of its loop.</summary>
    private const int ReceiveRounds = 4;

    private readonly EventLoop _loop;
    private readonly RpcServer _server;
    private readonly RpcServerOptions _options;
    private readonly FrameReceiver _receiver;
    private readonly Stack<RpcServerRequest> _idleRequests = new();
    private string? _closeReason;
    private volatile bool _greeted;
    private bool _abort;
    private int _attention;

    public ServerLink(EventLoop loop, RpcServer server, RpcServerOptions options, int descriptor, EndPoint peer, CertificateIdentity? certificate)
        : base(descriptor, new Lock())
    {
        _loop = loop;
        _server = server;
        _options = options;
        _receiver = new FrameReceiver(this);
        Peer = new RpcPeer(this, peer) { Certificate = certificate };
        AcceptedAtMs = Environment.TickCount64;
    }

    public RpcPeer Peer { get; }

    public long AcceptedAtMs { get; }

    /// <summary>Set by the loop when it takes the link in.</summary>
    public ulong Token { get; set; }

    public int HeldRequests { get; private set; }

    public long HeldBytes { get; private set; }

    /// <summary>When the close in good order began, Environment.TickCount64; 0 before.</summary>
    public long ClosingSinceMs { get; private set; }

    public bool LacksHello => !_greeted;

    public bool IsIdle
    {
        get
        {
            lock (Gate)
                return HeldRequests == 0 && Queue.QueuedBytes == 0;
        }
    }

    bool IFrameSink.Paused => MustPause;

    int IFrameSink.SlabBytes => _greeted ? RpcLimits.SlabBytes : RpcLimits.HelloFrameBytes;

    /// <summary>Ends the connection after what is queued was sent. Any thread.</summary>
    public void RequestClose(string reason)
    {
        Interlocked.CompareExchange(ref _closeReason, reason, null);
        AskAttention();
    }

    /// <summary>Loop thread: the socket has bytes. Returns the reason when the connection is over.</summary>
    public string? OnReadable()
    {
        for (var round = 0; round < ReceiveRounds && !_pausedReading && ClosingSinceMs == 0; round++)
        {
            var room = _receiver.Target(out var target);
            var received = Libc.recv(Descriptor, target, (nuint)room, Libc.MSG_DONTWAIT);
            if (received < 0)
            {
                var errno = Libc.LastErrno;
                if (errno == Libc.EAGAIN)
                    break;
                if (errno == Libc.EINTR)
                    continue;
                return _closeReason ?? $"receive failed: errno {errno}";
            }

            if (received == 0)
                return _closeReason ?? "closed by the peer";
            RpcMetrics.Received(received);
            _receivedAtMs = _loop.NowMs;
            if (_receiver.Received((int)received) is { } objection)
                return Malformed(objection);
            NoteReception();
            PauseWhenTooMuch();
            if (received < room)
                break;
        }

        return null;
    }

    /// <summary>Loop thread: something was asked for with <see cref="AskAttention"/>. Returns the reason when the connection is over.</summary>
    public string? OnAttention()
    {
        Volatile.Write(ref _attention, 0);
        if (_abort)
            return _closeReason ?? "aborted";
        if (Volatile.Read(ref _closeReason) is { } reason)
        {
            if (ClosingSinceMs == 0)
            {
                ClosingSinceMs = Environment.TickCount64;
                UpdateInterest();
            }

            lock (Gate)
                return Queue.QueuedBytes == 0 && HeldRequests == 0 ? reason : null;
        }

        return Resume();
    }

    public void Dispose()
    {
        Close();
        _receiver.Dispose();
        _server.Memory.Freed();
    }

    nint IFrameSink.ClaimPayload(in FrameHeader header) => 0;

    string? IFrameSink.Admit(in FrameHeader header)
    {
        if (header.IsResponse)
            return "a response where requests are expected";
        if (_greeted)
            return null;
        if (header.Opcode != Opcode.Hello)
            return "the first frame is not Hello";

        // Nobody gets a large buffer before it is known who he is.
        return header.Length > RpcLimits.HelloFrameBytes ? "Hello is too long" : null;
    }

    void IFrameSink.OnFrame(in FrameHeader header, RpcBuffer buffer, byte* body, byte* payload)
    {
        RpcServerRequest? request;
        lock (Gate)
        {
            HeldRequests++;
            HeldBytes += header.Length;
            _idleRequests.TryPop(out request);
        }

        _largeSinceMs = 0;
        request ??= new RpcServerRequest(this);
        request.Begin(in header, buffer, body, payload, _loop.NowMs);
        Handle(request);
    }

    protected override void OnBlocked()
    {
        if (_blockedAtMs == 0)
            _blockedAtMs = Environment.TickCount64;
        SetWriteInterest(true);
    }

    protected override void OnBroken(int errno) => Interlocked.CompareExchange(ref _closeReason, $"send failed: errno {errno}", null);

    protected override void OnConsumed()
    {
        _blockedAtMs = 0;
        _server.Memory.Freed();
        if (_pausedReading || (ClosingSinceMs != 0 && Queue.QueuedBytes == 0))
            AskAttention();
    }

    private void Handle(RpcServerRequest request)
    {
        try
        {
            _options.Handler.Handle(request);
        }
#pragma warning disable CA1031 // A handler's bug answers EIO and must not end the loop that serves everybody else.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            _options.Logger.HandlerFailed(exception, request.Header.Opcode, Peer);
            if (request.IsLive)
                request.Reply(Errno.EIO);
        }
    }

    private string Malformed(string reason)
    {
        RpcMetrics.Malformed();
        _options.Logger.MalformedFrame(Peer, reason);
        return reason;
    }

    /// <summary>Any thread: has the loop call <see cref="OnAttention"/>.</summary>
    internal void AskAttention()
    {
        if (Interlocked.Exchange(ref _attention, 1) == 0)
            _loop.Post(this);
    }
}
