namespace SealFs.Client;

/// <summary>How file data pass the kernel.</summary>
public enum CacheMode
{
    /// <summary>The page cache for what is read again and for mapped files; large streams go past it.</summary>
    Auto,

    /// <summary>Always through the page cache.</summary>
    Always,

    /// <summary>Never: every read and write reaches the client. Files can still be mapped.</summary>
    Never,
}

/// <summary>What a mount is asked for; each has an option of `sealfs mount` behind it.</summary>
public sealed record MountOptions
{
    public required string Volume { get; init; }

    /// <summary>Where the volume appears: an existing directory.</summary>
    public required string Directory { get; init; }

    /// <summary>Managers as host:port.</summary>
    public required IReadOnlyList<string> Managers { get; init; }

    /// <summary>Directory of the credentials with which TLS is spoken to the managers (ca.crt, tls.crt, tls.key). Empty: there are none.</summary>
    public string TlsDirectory { get; init; } = "";

    /// <summary>
    /// Directory with the credentials for several clusters, from which the managers' are taken if there are any (see <c>CredentialFiles.PrefixOf</c>). Empty: there is none.
    /// </summary>
    public string TlsClustersDirectory { get; init; } = "";

    public bool ReadOnly { get; init; }

    /// <summary>Other users than the one who mounted may enter (allow_other).</summary>
    public bool AllowOther { get; init; } = true;

    /// <summary>For how long, in milliseconds, the kernel may keep a name without asking. Names that do not exist are never kept.</summary>
    public int EntryTimeoutMs { get; init; } = 1000;

    /// <summary>For how long, in milliseconds, the kernel may keep attributes without asking. Open always asks.</summary>
    public int AttributeTimeoutMs { get; init; } = 1000;

    /// <summary>For how long, in milliseconds, an operation waits for a storage node that cannot be reached before it fails with EIO.</summary>
    public int OperationTimeoutMs { get; init; } = 60_000;

    /// <summary>Bytes of written data that may wait for their way to the storage nodes.</summary>
    public long WriteBufferBytes { get; init; } = 64L << 20;

    /// <summary>Bytes of data read ahead.</summary>
    public long ReadBufferBytes { get; init; } = 64L << 20;

    public CacheMode Cache { get; init; } = CacheMode.Auto;

    /// <summary>
    /// Listings bring the attributes of all entries. False: those of large directories do so only for threads that were seen to look at each entry afterwards (ls -l, rsync,
    /// git), which serves those that want the names alone four times sooner.
    /// </summary>
    public bool ListAttributes { get; init; }

    /// <summary>
    /// Threads that read requests from the kernel and receive the nodes' answers; 0 for one per two processors: a thread that finds several requests at once
    /// does more with less than several threads that are woken in turn.
    /// </summary>
    public int WorkerThreads { get; init; }

    /// <summary>The number of threads that this comes to on this machine.</summary>
    public int EffectiveWorkerThreads => WorkerThreads > 0 ? WorkerThreads : Math.Clamp(Environment.ProcessorCount / 2, 1, Limits.DefaultWorkerThreads);

    /// <summary>For how long, in milliseconds, the mount waits for a successor of a worker that died before it gives up and aborts the connection.</summary>
    public int WatchdogMs { get; init; } = 30_000;

    /// <summary>Shown by the manager in its list of sessions.</summary>
    public string ClientName { get; init; } = "";

    /// <summary>
    /// The group to which everything in the volume shall belong, or null: files that belong to another are shown as this group's, readable and writable for it, as if
    /// somebody had gone through the whole tree with chgrp and chmod; what is made or given a mode from here on really belongs to it.
    /// </summary>
    public uint? Group { get; init; }

    /// <summary>Name of the lowest log level that is written.</summary>
    public string LogLevel { get; init; } = "Information";
}
