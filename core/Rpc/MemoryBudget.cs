using System.Collections.Concurrent;

namespace SealFs.Core.Rpc;

/// <summary>
/// Bounds the native memory that all connections of a server hold together: frames that are being received, requests that are not answered, answers that are not sent. What counts is what the
/// process has taken from <see cref="RpcBufferPool"/>. When it is used up, nothing more is read from connections, until what was taken is given back; a frame whose reception has begun is received to
/// its end, so that what holds memory can finish. Large frames may use three quarters of it alone, so that small requests are still read while many clients send large ones slowly.
/// </summary>
internal sealed class MemoryBudget(long bytes)
{
    /// <summary>Connections that are looked at again for each answer: when there is room for one there is rarely room for many.</summary>
    private const int WokenAtOnce = 32;

    private readonly ConcurrentQueue<ServerLink> _waiting = new();
    private int _waitingCount;

    /// <summary>Connections wait for memory.</summary>
    public bool IsShort => Volatile.Read(ref _waitingCount) > 0;

    public int WaitingCount => Volatile.Read(ref _waitingCount);

    /// <summary>No new request may be read.</summary>
    public bool IsUsedUp => RpcBufferPool.UsedBytes >= bytes;

    private long LargeBytes => bytes / 4 * 3;

    /// <summary>May the reception of a large frame begin? From half of the budget on a connection that has its share already has to wait for those that have less.</summary>
    /// <param name="frameBytes">Its length.</param>
    /// <param name="heldBytes">What its connection holds already.</param>
    /// <param name="connections">All that there are.</param>
    public bool HasRoomFor(long frameBytes, long heldBytes, int connections)
    {
        var used = RpcBufferPool.UsedBytes;
        if (used + frameBytes > LargeBytes)
            return false;
        return used < bytes / 2 || heldBytes < Math.Max(RpcLimits.FrameBytes, bytes / 2 / Math.Max(connections, 1));
    }

    /// <summary>Any thread: the connection wants to be asked again.</summary>
    public void Wait(ServerLink link)
    {
        if (Interlocked.Exchange(ref link.IsInMemoryQueue, 1) != 0)
            return;
        _waiting.Enqueue(link);
        Interlocked.Increment(ref _waitingCount);
    }

    /// <summary>Any thread: memory was given back, or time has passed. Those that have waited longest are asked first.</summary>
    public void Freed()
    {
        if (!IsShort || IsUsedUp)
            return;
        for (var count = 0; count < WokenAtOnce && _waiting.TryDequeue(out var link); count++)
        {
            Interlocked.Decrement(ref _waitingCount);
            Volatile.Write(ref link.IsInMemoryQueue, 0);
            link.AskAttention();
        }
    }
}
