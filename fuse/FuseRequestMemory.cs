using SealFs.Fuse.Session;

namespace SealFs.Fuse;

/// <summary>
/// Memory that outlives the daemon (a memfd that its keeper holds) for the messages that a session reads: a successor finds there what its predecessor had not
/// answered, on kernels that have no FUSE_NOTIFY_RESEND.
/// </summary>
/// <param name="Descriptor">What is mapped, shared. The session does not close it.</param>
/// <param name="OffsetBytes">Where the part begins that belongs to the session; a multiple of <see cref="AlignmentBytes"/>. Null bytes at first.</param>
public sealed record FuseRequestMemory(int Descriptor, long OffsetBytes)
{
    /// <summary>No system has larger pages.</summary>
    public const int AlignmentBytes = 1 << 16;

    /// <summary>Size in bytes for a session with these limits; most of it stays untouched unless there is load.</summary>
    public static long BytesFor(FuseNegotiated negotiated, int maxRequests = Limits.DefaultMaxRequests, int maxBuffers = Limits.DefaultMaxBuffers)
    {
        ArgumentNullException.ThrowIfNull(negotiated);
        return new RequestLayout(maxRequests, maxBuffers, negotiated.ReadBufferBytes).TotalBytes;
    }
}
