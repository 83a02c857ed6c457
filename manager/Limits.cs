namespace SealFs.Manager;

/// <summary>The manager's limits, each with its reason.</summary>
internal static class Limits
{
    /// <summary>Every heartbeat answer lists every active volume; beyond this the answers would weigh more than the cluster's work.</summary>
    public const int MaxActiveVolumes = 16_384;

    /// <summary>One record in memory and in the store for each; a resynchronisation lists them all.</summary>
    public const int MaxSessions = 65_536;

    /// <summary>Ended sessions that nodes can still ask for one by one; a node that missed more is told who lives.</summary>
    public const int EndedSessionsKept = 8_192;

    /// <summary>
    /// Earlier maps from which a watcher that comes back gets a difference instead of the whole: half a minute of eight moves at a time. A version takes a page
    /// of shards (8 KiB) or, when a node changed, the table of nodes.
    /// </summary>
    public const int MapVersionsKept = 256;

    /// <summary>Shards in one stored record: 16,384 assignments stay near 300 KiB, below the value limits of every store.</summary>
    public const int ShardsPerMapPage = 16_384;

    /// <summary>Text from outside that is kept and shown: host names, zones, client names.</summary>
    public const int MaxTextBytes = 256;

    /// <summary>Linux's sun_path is 108 bytes with its terminator.</summary>
    public const int MaxUnixPathBytes = 107;

    /// <summary>Quotas stay below this, so that sums of what nodes report cannot overflow.</summary>
    public const ulong MaxQuota = 1UL << 60;

    /// <summary>A node heavier than this against an ordinary one is a mistake.</summary>
    public const double MaxWeight = 10_000;

    /// <summary>The largest request is the heartbeat of a node with every volume.</summary>
    public const int MaxRequestBytes = 8 * 1024 * 1024;

    /// <summary>How long a call that needs the first map waits when the caller gave no deadline.</summary>
    public static readonly TimeSpan DefaultMapWait = TimeSpan.FromSeconds(10);

    /// <summary>Kept back from a caller's deadline, so that it gets the reason and not a time-out.</summary>
    public static readonly TimeSpan AnswerReserve = TimeSpan.FromMilliseconds(500);

    /// <summary>
    /// Between two looks of clients at the map lies this long for each client that watches. A look with its answer takes 25 to 60 µs of a processor, so clients
    /// that watch take at most 0.6 of one, and ten thousand of them look at most once a second.
    /// </summary>
    public static readonly TimeSpan LookPauseForEachWatcher = TimeSpan.FromMicroseconds(100);

    /// <summary>A shorter pause is none: a few clients always look at once.</summary>
    public static readonly TimeSpan LeastLookPause = TimeSpan.FromMilliseconds(5);

    /// <summary>Usage is stored this often when it changed: it only matters for nodes that are dead when the manager restarts.</summary>
    public static readonly TimeSpan UsageStoreInterval = TimeSpan.FromSeconds(5);

    /// <summary>Requests under way get this long when the manager stops; watch streams end at once.</summary>
    public static readonly TimeSpan ShutdownTimeout = TimeSpan.FromSeconds(5);
}
