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

    /// <summary>The key of a client or node: one on P-256 has 91 bytes.</summary>
    public const int MaxPublicKeyBytes = 128;

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

    /// <summary>Moves at a time when nobody has said otherwise: enough to keep some nodes busy, few enough that none of them is.</summary>
    public const uint DefaultMoves = 8;

    /// <summary>Moves at a time from or to one node when nobody has said otherwise.</summary>
    public const uint DefaultMovesPerNode = 2;

    /// <summary>What a node spends on copying when nobody has said otherwise: a fifth of what a 10 Gbit/s link carries.</summary>
    public const ulong DefaultCopyBytesPerSecond = 256UL << 20;

    /// <summary>More at a time only makes each slower.</summary>
    public const uint MaxMoves = 1_024;

    /// <summary>Moves that are planned and stored ahead; the rest is planned when these have begun, with what is known by then.</summary>
    public const int MaxWaitingMoves = 256;

    /// <summary>Moves that are over and still remembered: a target whose answer was lost asks again within its next tries.</summary>
    public const int RecentMovesKept = 100;

    /// <summary>A hint makes every node send a heartbeat: in a larger cluster copies begin with the next ordinary ones.</summary>
    public const int NodesHintedForMoves = 100;

    /// <summary>This part of a disk is not filled by moves: what the node is written meanwhile needs room, too.</summary>
    public const double RoomReserve = 0.05;

    /// <summary>The reserve of a large disk.</summary>
    public const ulong MaxRoomReserveBytes = 16UL << 30;

    /// <summary>Used bytes or load are balanced by themselves when a node deviates from its share by more than this,</summary>
    public const double UnevenAbove = 0.25;

    /// <summary>and then down to this: between the two nothing is begun, so that what was balanced is not moved again soon.</summary>
    public const double EvenBelow = 0.10;

    /// <summary>How even used bytes or load are made when somebody asks for it.</summary>
    public const double EvenWhenAsked = 0.02;

    /// <summary>Less than this on a node in the mean is not worth a move.</summary>
    public const double LeastBalancedBytes = 1UL << 30;

    /// <summary>Requests a second, as above.</summary>
    public const double LeastBalancedLoad = 200;

    /// <summary>Of the shards, so many must have been reported before their use is balanced.</summary>
    public const double LeastReported = 0.95;

    /// <summary>Moves of one plan by used bytes or load.</summary>
    public const int MaxBalanceMoves = 256;

    /// <summary>A node in maintenance is one that is about to be back.</summary>
    public static readonly TimeSpan MaxMaintenance = TimeSpan.FromDays(1);

    /// <summary>Used bytes and load are not balanced more often without being asked for.</summary>
    public static readonly TimeSpan AutomaticBalanceInterval = TimeSpan.FromMinutes(10);

    /// <summary>How often it is looked whether they should be.</summary>
    public static readonly TimeSpan AutomaticBalanceCheck = TimeSpan.FromSeconds(10);

    /// <summary>What could not be placed is looked at again after this long, even when nothing seems to have changed.</summary>
    public static readonly TimeSpan ReplanInterval = TimeSpan.FromSeconds(30);

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

    /// <summary>From the first byte of a connection to the end of its handshake; and until that first byte.</summary>
    public static readonly TimeSpan HandshakeTimeout = TimeSpan.FromSeconds(10);

    /// <summary>A stream of somebody with a certificate is taken up again at least this often. Longer than timers can be set for is of no use.</summary>
    public static readonly TimeSpan LongestStream = TimeSpan.FromDays(7);

    /// <summary>For how long the disks of all nodes are taken as they were counted: far less than lies between two heartbeats of a node.</summary>
    public static readonly TimeSpan DisksCountedFor = TimeSpan.FromMilliseconds(100);
}
