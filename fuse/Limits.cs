namespace SealFs.Fuse;

/// <summary>Every bound of this library, each with its reason.</summary>
internal static class Limits
{
    /// <summary>Largest READ or WRITE: 256 pages, the kernel's own default limit (fs.fuse.max_pages_limit).</summary>
    public const int DefaultMaxTransferBytes = 1 << 20;

    /// <summary>Requests that may wait for their reply at once. Each costs <see cref="RequestSlotBytes"/>; the kernel waits when all are taken.</summary>
    public const int DefaultMaxRequests = 4096;

    /// <summary>Large buffers in use at once (a little more than <see cref="DefaultMaxTransferBytes"/> each). They are made when first needed.</summary>
    public const int DefaultMaxBuffers = 48;

    /// <summary>Native memory of one pooled request: its message when small, and a small reply.</summary>
    public const int RequestSlotBytes = 2048;

    /// <summary>Messages up to this size live in the slot, and give their large buffer back at once. A name of 255 bytes, twice, fits with room to spare.</summary>
    public const int InlineMessageBytes = 1408;

    /// <summary>Room for a reply in the slot: header, entry and open structure need 160 bytes, short links and attribute values fit too.</summary>
    public const int InlineReplyBytes = RequestSlotBytes - InlineMessageBytes;

    /// <summary>Slots are carved from regions of this many, so that locked memory grows with the load.</summary>
    public const int SlotsPerRegion = 64;

    /// <summary>Segments of a vectored reply besides the header; well below IOV_MAX (1,024), and 1 KiB of stack.</summary>
    public const int MaxReplySegments = 64;

    /// <summary>Interrupts kept for requests that another worker has read but not registered yet. The window is microseconds wide.</summary>
    public const int EarlyInterrupts = 64;

    /// <summary>Requests a polling worker reads before it looks at its other descriptors again: enough that what they cause leaves in one system call.</summary>
    public const int RequestsPerRound = 16;

    /// <summary>How often a polling worker that has no room for another request looks whether there is some again.</summary>
    public static readonly TimeSpan RoomPoll = TimeSpan.FromMilliseconds(1);

    /// <summary>A path under which fusermount3 and the kernel look for mounts is never longer.</summary>
    public const int MaxPathBytes = 4096;
}
