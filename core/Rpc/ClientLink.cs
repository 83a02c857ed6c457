using SealFs.Core.Wire;

namespace SealFs.Core.Rpc;

/// <summary>
/// One established socket of an <see cref="RpcConnection"/>. Its receiver blocks in recv, or in the epoll of a group, and completes calls in place; what their
/// continuations send is gathered and leaves with one system call a link after the batch.
/// </summary>
internal sealed unsafe class ClientLink : FrameSender, IFrameSink, IDisposable
{
    private readonly RpcConnection _owner;
    private readonly NotificationHandler? _notification;
    private readonly FrameReceiver _receiver;
    private readonly SendBatch _batch = new();
    private readonly TaskCompletionSource<string> _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private string? _breakReason;
    private PendingCall? _claimed;
    private uint _claimedUse;
    private bool _gathered;

    public ClientLink(RpcConnection owner, Lock gate, int descriptor, NotificationHandler? notification)
        : base(descriptor, gate)
    {
        _owner = owner;
        _notification = notification;
        _receiver = new FrameReceiver(this);
    }

    bool IFrameSink.Paused => false;

    int IFrameSink.SlabBytes => RpcLimits.SlabBytes;

    /// <summary>Something came in after the greeting.</summary>
    public bool HasReceived { get; private set; }

    /// <summary>Under the lock, after something was queued: true makes the caller the sender.</summary>
    public bool SenderNeeded()
    {
        if (SendBatch.Open is not { } batch || Queue.QueuedBytes >= RpcLimits.GatherBytes)
            return TryBecomeSender();
        if (!_gathered)
        {
            _gathered = true;
            batch.Add(this);
        }

        return false;
    }

    /// <summary>Receives until the connection ends; returns why it did.</summary>
    public string Receive()
    {
        string? reason;
        do
            reason = ReceiveOnce(flags: 0);
        while (reason is null);
        return reason;
    }

    /// <summary>One recv and what it brought. Returns why the connection ended, or null.</summary>
    public string? ReceiveOnce(int flags)
    {
        var room = _receiver.Target(out var target);
        var received = Libc.recv(Descriptor, target, (nuint)room, flags);
        if (received < 0)
        {
            var errno = Libc.LastErrno;
            return errno is Libc.EINTR or Libc.EAGAIN ? null : _breakReason ?? ErrorText(errno);
        }

        if (received == 0)
            return _breakReason ?? "closed by the peer";
        HasReceived = true;
        RpcMetrics.Received(received);
        var isOutermost = _batch.TryBegin();
        var objection = _receiver.Received((int)received);
        if (isOutermost)
            _batch.Flush();
        return objection;
    }

    /// <summary>Sends what a batch left behind; called by the batch.</summary>
    public void SendGathered()
    {
        bool sender;
        lock (Gate)
        {
            _gathered = false;
            sender = Queue.QueuedBytes > 0 && TryBecomeSender();
        }

        if (sender)
            Drain();
    }

    /// <summary>Waits until a <see cref="RpcReceiverGroup"/> says that the connection ended.</summary>
    public string AwaitEnd() => _ended.Task.GetAwaiter().GetResult();

    public void End(string reason) => _ended.TrySetResult(reason);

    /// <summary>Ends the connection with a reason; the receiver thread does the rest.</summary>
    public void Break(string reason)
    {
        _breakReason ??= reason;
        Shutdown();
    }

    /// <summary>After the receiver has ended: frees what it held. A call whose payload was arriving ends like all others.</summary>
    public void Dispose()
    {
        Close();
        WritableWatcher.Forget(this);
        _receiver.Dispose();
        if (_claimed is { } call && call.TryMove(_claimedUse, CallPhase.Receiving, CallPhase.Done))
            _owner.Complete(call, new RpcResponse(Errno.Disconnected), wasSent: true);
        _claimed = null;
    }

    string? IFrameSink.Admit(in FrameHeader header) =>
        header.IsResponse || (header.Flags & FrameFlags.OneWay) != 0 ? null : "a request from a peer that may only answer";

    /// <summary>What comes was asked for.</summary>
    bool IFrameSink.MayTake(in FrameHeader header) => true;

    nint IFrameSink.ClaimPayload(in FrameHeader header)
    {
        if (!header.IsResponse || _owner.Find((uint)header.RequestId) is not { } call)
            return 0;
        var use = (uint)(header.RequestId >> 32);
        if (!call.TryMove(use, CallPhase.Sent, CallPhase.Receiving))
            return 0;
        _claimed = call;
        _claimedUse = use;
        return call.ReplyPayloadLength >= header.PayloadLength ? call.ReplyPayloadBuffer : 0;
    }

    void IFrameSink.OnFrame(in FrameHeader header, RpcBuffer buffer, byte* body, byte* payload)
    {
        if (!header.IsResponse)
        {
            Notify(in header, body, payload);
        }
        else if (_claimed is { } claimed)
        {
            _claimed = null;
            if (claimed.TryMove(_claimedUse, CallPhase.Receiving, CallPhase.Done))
                Answer(claimed, in header, buffer, body, payload);
        }
        else if (_owner.Find((uint)header.RequestId) is { } call && call.TryMove((uint)(header.RequestId >> 32), CallPhase.Sent, CallPhase.Done))
        {
            Answer(call, in header, buffer, body, payload);
        }

        // An answer that nobody waits for any more is dropped.
    }

    protected override void OnBlocked() => WritableWatcher.Watch(this);

    protected override void OnBroken(int errno) => _breakReason ??= ErrorText(errno);

    protected override void OnConsumed() => _owner.RefillLocked(this);

    private static string ErrorText(int errno) => new System.ComponentModel.Win32Exception(errno).Message;

    private void Answer(PendingCall call, in FrameHeader header, RpcBuffer buffer, byte* body, byte* payload)
    {
        var target = (byte*)call.ReplyPayloadBuffer;
        if (header.PayloadLength > 0 && target != null && payload != target && call.ReplyPayloadLength >= header.PayloadLength)
        {
            Buffer.MemoryCopy(payload, target, call.ReplyPayloadLength, header.PayloadLength);
            payload = target;
        }

        if (header.BodyLength == 0 && (header.PayloadLength == 0 || payload == target))
        {
            _owner.Complete(call, new RpcResponse(in header, null, body, payload), wasSent: true);
            return;
        }

        buffer.AddReference();
        _owner.Complete(call, new RpcResponse(in header, buffer, body, payload), wasSent: true);
    }

    private void Notify(in FrameHeader header, byte* body, byte* payload)
    {
        try
        {
            _notification?.Invoke(in header, new ReadOnlySpan<byte>(body, (int)header.BodyLength), new ReadOnlySpan<byte>(payload, (int)header.PayloadLength));
        }
#pragma warning disable CA1031 // The handler's exception must not end the thread that serves everybody else.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            _owner.NotificationFailed(exception);
        }
    }
}
