namespace SealFs.Fuse;

/// <summary>What a session works with.</summary>
public sealed record FuseSessionOptions
{
    /// <summary>
    /// Descriptors of /dev/fuse: the mounted one and its clones. Workers share them in turn. A session never clones on its own, so that
    /// whoever must keep the mount alive holds duplicates of all of them.
    /// </summary>
    public required IReadOnlyList<int> Descriptors { get; init; }

    /// <summary>The outcome of a handshake that was done before (perhaps by another process). Null: the session does it, on the first descriptor.</summary>
    public FuseNegotiated? Negotiated { get; init; }

    /// <summary>What to ask for when the session does the handshake.</summary>
    public FuseHandshakeOptions Handshake { get; init; } = new();

    /// <summary>
    /// Goes on with what a daemon that died had read and not answered, before the first read: the kernel sends it again (FUSE_NOTIFY_RESEND, Linux 6.9), or it is found in
    /// <see cref="RequestMemory"/>. Be sure that the other one is dead before; never for a live hand-over.
    /// </summary>
    public bool IsSuccessor { get; init; }

    /// <summary>
    /// Where messages shall lie that a successor may have to answer; the same for all daemons of a mount. Needed where the kernel cannot send requests again, and a waste
    /// where it can. Null: memory of the session's own.
    /// </summary>
    public FuseRequestMemory? RequestMemory { get; init; }

    /// <summary>Threads that read requests; more than two per core brought nothing. Default: two, or as many as there are processors.</summary>
    public int WorkerThreads { get; init; } = Math.Max(2, Environment.ProcessorCount);

    /// <summary>Called on each worker's thread with its index: how it waits, when it has more to wait for than the kernel. Null: it blocks in read.</summary>
    public Func<int, IFuseWait>? Wait { get; init; }

    /// <summary>Requests in flight at most; the kernel's queue waits beyond it.</summary>
    public int MaxRequests { get; init; } = Limits.DefaultMaxRequests;

    /// <summary>Large buffers at most, each a little larger than the largest WRITE. Every worker holds one, a pending WRITE another.</summary>
    public int MaxBuffers { get; init; } = Limits.DefaultMaxBuffers;

    /// <summary>Closes the descriptors when the session is disposed.</summary>
    public bool OwnsDescriptors { get; init; } = true;

    /// <summary>Hears of rare events.</summary>
    public IFuseObserver? Observer { get; init; }
}
