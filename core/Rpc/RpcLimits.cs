using SealFs.Core.Wire;

namespace SealFs.Core.Rpc;

/// <summary>Every bound of the RPC layer, each with its reason. Both sides use the same ones.</summary>
public static class RpcLimits
{
    /// <summary>A body is names and numbers: the longest (a compound of many creates) stays below this.</summary>
    public const int BodyBytes = 64 * 1024;

    /// <summary>One whole chunk of the default size, and room for what a reply puts beside it.</summary>
    public const int PayloadBytes = (4 * 1024 * 1024) + (64 * 1024);

    public const int FrameBytes = FrameHeader.Size + BodyBytes + PayloadBytes;

    /// <summary>Hello with its token, key and signature is below 500 bytes. Before it has come nobody is given more memory than this.</summary>
    public const int HelloFrameBytes = 4 * 1024;

    /// <summary>Receive slab: many small frames share one, so that a system call brings many of them.</summary>
    public const int SlabBytes = 128 * 1024;

    /// <summary>
    /// Most bytes asked of one recv into a slab: the part of a large payload that lands in the slab has to be copied, so this bounds
    /// the copy, and still holds hundreds of small frames.
    /// </summary>
    public const int ReceiveBytes = 64 * 1024;

    /// <summary>A frame up to this size is parsed inside the slab; a larger one gets a buffer of its own.</summary>
    public const int SmallFrameBytes = 32 * 1024;

    /// <summary>Size of a segment of a send queue: as large as a socket takes in one call when the peer keeps up.</summary>
    public const int SendSegmentBytes = 64 * 1024;

    /// <summary>A payload up to this size is copied behind its header: cheaper than a second vector.</summary>
    public const int CopyPayloadBytes = 8 * 1024;

    /// <summary>Frames a receiver gathers before it hands them to the socket, so that the first does not wait for the whole batch.</summary>
    public const int GatherBytes = 32 * 1024;

    /// <summary>Default bound of requests sent and not yet answered on one connection; more wait.</summary>
    public const int InFlightCalls = 1024;

    /// <summary>Calls of one connection, waiting ones included; beyond it CallAsync answers Errno.Busy at once.</summary>
    public const int Calls = 64 * 1024;

    /// <summary>Bytes queued towards the peer before further calls wait (client), or before nothing more is read from it (server).</summary>
    public const int QueuedBytes = 16 * 1024 * 1024;

    /// <summary>Bytes of answers queued for a peer that does not read them: beyond it the connection is closed.</summary>
    public const int QueuedBytesHard = 64 * 1024 * 1024;

    /// <summary>Requests of one connection the server holds unanswered before it stops reading from it.</summary>
    public const int HeldRequests = 4096;

    /// <summary>Bytes of requests the server holds unanswered for one connection before it stops reading from it.</summary>
    public const int HeldBytes = 64 * 1024 * 1024;

    /// <summary>
    /// Native memory of all connections of a server together, so that many clients cannot use up a machine that each of them alone could not: an eighth of what the process may use, between
    /// 128 and 512 MiB. Large frames use three quarters of it at most.
    /// </summary>
    public static readonly long MemoryBytes = Math.Clamp(GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / 8, 128L << 20, 512L << 20);

    /// <summary>How long a frame may take, or an answer wait for its reader, while others wait for the memory: a frame of 4 MiB at 150 KB/s.</summary>
    public static readonly TimeSpan StalledTime = TimeSpan.FromSeconds(30);

    /// <summary>Connections of one server: a descriptor each, and a slab while they are in use.</summary>
    public const int Connections = 16 * 1024;

    /// <summary>Native memory kept for reuse by the whole process, per size class: idle processes stay small.</summary>
    public const int PooledBytesPerClass = 16 * 1024 * 1024;

    /// <summary>Hello must be there within this time, and be answered within it.</summary>
    public static readonly TimeSpan HelloTime = TimeSpan.FromSeconds(5);

    /// <summary>One attempt to connect.</summary>
    public static readonly TimeSpan ConnectTime = TimeSpan.FromSeconds(3);

    /// <summary>How long a call without a time-out of its own may take.</summary>
    public static readonly TimeSpan CallTime = TimeSpan.FromSeconds(30);

    /// <summary>Granularity of deadlines: a call may end up to twice this much late.</summary>
    public static readonly TimeSpan DeadlineTick = TimeSpan.FromMilliseconds(20);

    /// <summary>Pauses between attempts to connect double from the first to the last, with jitter.</summary>
    public static readonly TimeSpan BackoffFirst = TimeSpan.FromMilliseconds(10);

    public static readonly TimeSpan BackoffLast = TimeSpan.FromSeconds(1);

    /// <summary>Time for what is queued to reach a peer whose connection is being closed in good order.</summary>
    public static readonly TimeSpan LingerTime = TimeSpan.FromSeconds(2);

    /// <summary>Bytes in the middle of a payload may pause no longer than this once the call's deadline has passed.</summary>
    public static readonly TimeSpan StalledPayloadTime = TimeSpan.FromSeconds(5);

    /// <summary>A peer that acknowledges nothing for this long is gone (TCP_USER_TIMEOUT; keepalive probes start at half of it).</summary>
    public static readonly TimeSpan PeerSilence = TimeSpan.FromSeconds(20);
}
