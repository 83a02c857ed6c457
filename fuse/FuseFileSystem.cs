using SealFs.Fuse.Abi;

namespace SealFs.Fuse;

/// <summary>
/// What a file system implements: one method per operation of the kernel. The default of each is ENOSYS, which the kernel remembers
/// for most operations and does not send again.
/// </summary>
/// <remarks>
/// A method runs on the worker that read the request. It replies, or keeps the request and returns at once; the reply may come later from any thread.
/// Structures and names point into the request: they are valid until the reply. Methods run concurrently.
/// Other parts of this class: .Names (directories and their entries), .Files (open files), .Attributes.
/// </remarks>
public abstract partial class FuseFileSystem
{
    /// <summary>Called once, before the first request, with what was negotiated with the kernel (perhaps by an earlier process).</summary>
    public virtual void Init(FuseNegotiated negotiated)
    {
    }

    /// <summary>Called once when the mount is gone (unmounted or aborted), after the workers have ended; not at a hand-over to a successor.</summary>
    public virtual void Destroy()
    {
    }

    /// <summary>
    /// The kernel drops <paramref name="lookups"/> references of a node. There is no reply, and after the death of a daemon some are lost: a hint.
    /// </summary>
    public virtual void Forget(ulong nodeId, ulong lookups)
    {
    }

    /// <summary>An application no longer waits for a request. Called besides <see cref="FuseRequest.OnInterrupt"/>; it may race with the reply.</summary>
    public virtual void Interrupt(FuseRequest request)
    {
    }

    /// <summary>An operation this library does not know.</summary>
    public virtual void Unknown(FuseRequest request) => request.ReplyError(FuseErrno.ENOSYS);

    /// <summary>Reply with <see cref="FuseRequest.ReplyStatFs"/>.</summary>
    public virtual void StatFs(FuseRequest request) => request.ReplyError(FuseErrno.ENOSYS);

    /// <summary>Reply with <see cref="FuseRequest.ReplyEmpty"/> when everything of the file system is on stable storage.</summary>
    public virtual void SyncFs(FuseRequest request) => request.ReplyError(FuseErrno.ENOSYS);
}
