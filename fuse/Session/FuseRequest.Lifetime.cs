using System.Diagnostics;

namespace SealFs.Fuse;

/// <content>
/// A request is held by its answerer, and for a moment by whoever delivers an interrupt to it; when the last of them lets go,
/// it returns to the pool. That is what makes an interrupt that races with the reply harmless.
/// </content>
public sealed unsafe partial class FuseRequest
{
    private int _holders;
    private int _replied;
    private long _startTimestamp;
    private volatile bool _interrupted;
    private Action<FuseRequest>? _onInterrupt;

    /// <summary>True once the application no longer waits (it was interrupted). Answer soon: EINTR, or the result if it is there.</summary>
    public bool IsInterrupted => _interrupted;

    /// <summary>
    /// Called once, on a worker's thread, when the application is interrupted; at once when it already was. It may reply, but then races
    /// with the ordinary reply: guard against the second one. An interrupt without a hook changes nothing: the request just finishes.
    /// </summary>
    public void OnInterrupt(Action<FuseRequest> hook)
    {
        Interlocked.Exchange(ref _onInterrupt, hook);
        if (_interrupted) RunInterruptHook();
    }

    private void Begin()
    {
        _interrupted = false;
        _onInterrupt = null;
        _startTimestamp = _pool.Metrics.IsObserved ? Stopwatch.GetTimestamp() : 0;
        Volatile.Write(ref _replied, 0);
        Interlocked.Exchange(ref _holders, 1);
        if (_pool.EarlyInterrupts.Take(StableUnique)) _interrupted = true;
    }

    /// <summary>Delivers an interrupt if this is still the request it was meant for.</summary>
    internal bool TryInterrupt(ulong stableUnique)
    {
        if (!TryHold()) return false;
        var isTarget = StableUnique == stableUnique && Volatile.Read(ref _replied) == 0;
        if (isTarget)
        {
            _interrupted = true;
            Interlocked.MemoryBarrier();
            RunInterruptHook();
            _pool.OnInterrupt(this);
        }
        LetGo();
        return isTarget;
    }

    /// <summary>Answers with an errno if nobody has: for a handler that threw.</summary>
    internal void FailIfUnanswered(ulong unique, int errno)
    {
        if (!TryHold()) return;
        if (Unique == unique && Volatile.Read(ref _replied) == 0) ReplyError(errno);
        LetGo();
    }

    private void RunInterruptHook() => Interlocked.Exchange(ref _onInterrupt, null)?.Invoke(this);

    private void BeginReply()
    {
        if (Interlocked.Exchange(ref _replied, 1) != 0) throw new InvalidOperationException("a request is answered exactly once");
    }

    private bool EndReply(int commitErrno, int replyErrno)
    {
        if (commitErrno != 0) HandleRefusedReply(commitErrno);
        if (_startTimestamp != 0) _pool.Metrics.Record(Opcode, replyErrno, Stopwatch.GetElapsedTime(_startTimestamp));
        LetGo();
        return commitErrno == 0;
    }

    /// <summary>ENOENT says that nobody waits any more. Anything else is a reply the kernel found malformed: the caller gets EIO rather than no answer at all.</summary>
    private void HandleRefusedReply(int errno)
    {
        if (errno is FuseErrno.ENOENT or FuseErrno.ENODEV) return;
        _pool.Observer?.ReplyRefused(Opcode, Unique, errno);
        FillHeader(InlineReply, 0, FuseErrno.EIO);
        _pool.Transport.Reply(this, (byte*)InlineReply, (int)InlineReply->len);
    }

    private bool TryHold()
    {
        var holders = Volatile.Read(ref _holders);
        while (holders > 0)
        {
            var seen = Interlocked.CompareExchange(ref _holders, holders + 1, holders);
            if (seen == holders) return true;
            holders = seen;
        }
        return false;
    }

    private void LetGo()
    {
        if (Interlocked.Decrement(ref _holders) != 0) return;
        if (_messageBuffer != null) _pool.Buffers.Return(_messageBuffer);
        if (_replyBuffer != null) _pool.Buffers.Return(_replyBuffer);
        _messageBuffer = _replyBuffer = null;
        _pool.Return(this);
    }
}
