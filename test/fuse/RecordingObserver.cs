using System.Collections.Concurrent;
using SealFs.Fuse.Abi;

namespace SealFs.Fuse.Tests;

/// <summary>Keeps what it hears.</summary>
internal sealed class RecordingObserver : IFuseObserver
{
    public ConcurrentQueue<Exception> Failures { get; } = new();

    public ConcurrentQueue<(FuseOpcode Opcode, int Errno)> Refused { get; } = new();

    public FuseExitReason Ended { get; private set; }

    public int TakenUp { get; private set; }

    public void MemoryNotLocked(int sizeBytes, int errno)
    {
    }

    public void ReplyRefused(FuseOpcode opcode, ulong unique, int errno) => Refused.Enqueue((opcode, errno));

    public void HandlerFailed(FuseOpcode opcode, ulong unique, Exception exception) => Failures.Enqueue(exception);

    public void ReadFailed(int worker, int errno)
    {
    }

    public void RequestsTakenUp(int count) => TakenUp = count;

    public void SessionEnded(FuseExitReason reason) => Ended = reason;
}
