using SealFs.Fuse.Abi;

namespace SealFs.Fuse;

/// <summary>Hears of the rare events of a session, to log them; never called on the ordinary path of a request. Calls may come from any thread.</summary>
public interface IFuseObserver
{
    /// <summary>Memory could not be locked (RLIMIT_MEMLOCK): a kill of this process may then cost an application EIO when the machine swaps.</summary>
    void MemoryNotLocked(int sizeBytes, int errno);

    /// <summary>The kernel found a reply malformed; the caller was given EIO instead.</summary>
    void ReplyRefused(FuseOpcode opcode, ulong unique, int errno);

    /// <summary>A method of the file system threw: a bug. The caller was given EIO.</summary>
    void HandlerFailed(FuseOpcode opcode, ulong unique, Exception exception);

    /// <summary>A worker's read failed in an unexpected way; the worker ends.</summary>
    void ReadFailed(int worker, int errno);

    /// <summary>A successor goes on with so many requests that its predecessor had not answered. Not called where the kernel sends them again.</summary>
    void RequestsTakenUp(int count);

    /// <summary>The session ended.</summary>
    void SessionEnded(FuseExitReason reason);
}
