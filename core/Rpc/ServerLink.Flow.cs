using SealFs.Core.Wire;

namespace SealFs.Core.Rpc;

/// <summary>
/// Back-pressure: a connection with too many unanswered requests, or that does not read its answers, is not read from until half of that is gone. The same goes for all connections when the memory
/// of the server is used up (<see cref="MemoryBudget"/>).
/// </summary>
internal sealed unsafe partial class ServerLink
{
    /// <summary>Of a connection that sends something now and then its slab is kept this long.</summary>
    private const long IdleMs = 1000;

    /// <summary>Written by the loop thread under the lock.</summary>
    private bool _pausedReading;
    private bool _draining;
    private bool _wantWrite;

    /// <summary>Length of the large frame for which there was no memory; 0: there is none such. Loop thread.</summary>
    private long _neededBytes;

    /// <summary>1: it stands in the budget's queue. Any thread.</summary>
    internal int IsInMemoryQueue;

    /// <summary>When bytes came last, when the large frame began that is being received, and since when the peer takes no answers; 0: not so.</summary>
    private long _receivedAtMs;
    private long _largeSinceMs;
    private long _blockedAtMs;

    private bool MustPause =>
        _draining || ClosingSinceMs != 0 || HeldRequests >= _options.HeldRequests || HeldBytes >= _options.HeldBytes || Queue.QueuedBytes >= _options.QueuedBytes || LacksMemory || _neededBytes != 0;

    /// <summary>As far as this connection itself goes.</summary>
    private bool MayResume =>
        !_draining && HeldRequests <= _options.HeldRequests / 2 && HeldBytes <= _options.HeldBytes / 2 && Queue.QueuedBytes <= _options.QueuedBytes / 2;

    /// <summary>
    /// A frame that has begun is received to its end: its memory is taken, and nothing else gives it back. Others give memory back at any time: who stays paused because of one answer of this has to wait in the
    /// budget's queue, whatever a second one would be.
    /// </summary>
    private bool LacksMemory =>
        !Peer.IsExemptFromMemoryLimit && !_receiver.IsInLarge && (_server.Memory.IsUsedUp || (_neededBytes != 0 && !HasRoomFor(_neededBytes)));

    /// <summary>Loop thread: it has held memory for too long without getting on. Asked for when others wait for memory.</summary>
    public bool IsStalled
    {
        get
        {
            var limit = (long)_options.StalledTime.TotalMilliseconds;
            var blockedAt = Volatile.Read(ref _blockedAtMs);
            return (_largeSinceMs != 0 && _loop.NowMs - _largeSinceMs > limit) || (blockedAt != 0 && _loop.NowMs - blockedAt > limit);
        }
    }

    bool IFrameSink.MayTake(in FrameHeader header)
    {
        if (Peer.IsExemptFromMemoryLimit || HasRoomFor(header.Length))
            return true;
        _neededBytes = header.Length;
        return false;
    }

    /// <summary>Loop thread: a connection from which nothing has come for a while needs no memory to receive into, nor to send from.</summary>
    public void ShrinkIfIdle()
    {
        if (_loop.NowMs - _receivedAtMs <= IdleMs)
            return;
        _receiver.Shrink();
        TrimQueue();
    }

    private bool HasRoomFor(long frameBytes) => _server.Memory.HasRoomFor(frameBytes, HeldBytes + Queue.QueuedBytes + _receiver.TakenBytes, _server.ConnectionCount);

    /// <summary>Notes when the reception of a large frame began; <see cref="IFrameSink.OnFrame"/> forgets it.</summary>
    private void NoteReception()
    {
        if (_receiver.IsInLarge && _largeSinceMs == 0)
            _largeSinceMs = _loop.NowMs;
    }

    /// <summary>Nothing is read at the moment, so that only epoll tells of a reset.</summary>
    public bool IsDeaf => _pausedReading || ClosingSinceMs != 0;

    /// <summary>Loop thread: takes no further requests; those that are there are still answered.</summary>
    public void StartDraining()
    {
        _draining = true;
        PauseWhenTooMuch();
    }

    /// <summary>The socket has room again: loop thread.</summary>
    public void OnRoom()
    {
        lock (Gate)
            SetWriteInterest(false);
        OnWritable();
    }

    private void PauseWhenTooMuch()
    {
        if (_pausedReading || !MustPause)
            return;
        bool forMemory;
        lock (Gate)
        {
            // Answers given in the meantime saw no pause and asked for nothing: look again under the lock. Not where a frame was left lying: only Resume takes it up.
            forMemory = LacksMemory || _neededBytes != 0;
            if (!forMemory && MayResume)
                return;
            _pausedReading = true;
            ApplyInterest();
        }

        if (!_draining)
            RpcMetrics.Paused();
        if (forMemory)
            WaitForMemory();
    }

    /// <summary>What was given back before it waited asked nobody: the budget is asked at once.</summary>
    private void WaitForMemory()
    {
        _server.Memory.Wait(this);
        if (!LacksMemory)
            _server.Memory.Freed();
    }

    private string? Resume()
    {
        while (_pausedReading)
        {
            var lacksMemory = LacksMemory;
            lock (Gate)
            {
                if (!lacksMemory && MayResume)
                {
                    _pausedReading = false;
                    _neededBytes = 0;
                    ApplyInterest();
                }
            }

            if (_pausedReading)
            {
                if (lacksMemory && !_draining)
                    WaitForMemory();
                break;
            }

            if (_receiver.Parse() is { } objection)
                return Malformed(objection);
            NoteReception();
            PauseWhenTooMuch();
        }

        return null;
    }

    private void UpdateInterest()
    {
        lock (Gate)
            ApplyInterest();
    }

    private void SetWriteInterest(bool wanted)
    {
        _wantWrite = wanted;
        ApplyInterest();
    }

    private void ApplyInterest()
    {
        var reading = !_pausedReading && ClosingSinceMs == 0;
        _loop.SetInterest(this, (reading ? Libc.EPOLLIN : 0) | (_wantWrite ? Libc.EPOLLOUT : 0));
    }
}
