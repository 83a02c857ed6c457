namespace SealFs.Client;

/// <summary>Every bound of the client, each with its reason.</summary>
internal static class Limits
{
    /// <summary>Partitions of split directories remembered: about 100 bytes each. Beyond it everything is forgotten and learned again.</summary>
    public const int KnownPartitions = 65_536;

    /// <summary>Directories being filled whose names are known. Beyond it those are forgotten whose lease has run out.</summary>
    public const int KnownNamesDirectories = 1024;

    /// <summary>Names known of one: about 24 bytes each. A directory with more is split soon, and has no lease any more.</summary>
    public const int KnownNamesPerDirectory = 16_384;

    /// <summary>Corrections of one request by WrongPartition: each is at least one split nearer to the truth, and there are 32 depths.</summary>
    public const int PartitionCorrections = 64;

    /// <summary>Corrections of one request by WrongEpoch that are followed without a pause: a shard that moved twice while the map was on its way needs two.</summary>
    public const int EpochCorrections = 4;

    /// <summary>The longest body is a rename with two names of 255 bytes.</summary>
    public const int BodyBytes = 640;

    /// <summary>
    /// One attempt of a request, ms. Shorter than the whole operation, so that an interrupted application is let go and a newer cluster map is looked at.
    /// </summary>
    public const int AttemptTimeoutMs = 5_000;

    /// <summary>First pause before a request is repeated, ms; it doubles.</summary>
    public const int FirstRetryMs = 1;

    /// <summary>Longest pause before a request is repeated, ms: an interrupt and a returned node are noticed within it.</summary>
    public const int LongestRetryMs = 100;

    /// <summary>The pause before a node is asked again that does not serve a shard yet doubles this often (1 ms to 8 ms) and stays there …</summary>
    public const int QuickRetryDoublings = 3;

    /// <summary>… for so many tries: a shard changes its node within 200 ms.</summary>
    public const int QuickRetries = 28;

    /// <summary>Worker threads by default at most: each has connections of its own to every node.</summary>
    public const int DefaultWorkerThreads = 8;

    /// <summary>Requests from this payload on travel on a node's second connection, so that small ones do not queue behind them.</summary>
    public const int BulkBytes = 32 * 1024;

    /// <summary>
    /// Mutations one kernel request may cause: each has its own sequence number (unique × 8 + step) and slot of the servers' answer memory (slot × 8 + step),
    /// so that a repeated request finds the answer of every step.
    /// </summary>
    public const int StepsPerRequest = 8;

    /// <summary>FUSE requests in flight: bounded by the 16 bits of an answer slot divided by the steps.</summary>
    public const int FuseRequests = 4096;

    /// <summary>Directories whose attributes are kept to answer the kernel's GETATTR after a mutation: 100 bytes each, a power of two.</summary>
    public const int CachedDirectories = 8192;

    /// <summary>
    /// How old a directory's cached attributes may be, ms, to take its set-group-id bit and group from. The kernel checked permission with attributes as old.
    /// </summary>
    public const int SetGroupIdAgeMs = 3_000;

    /// <summary>Inodes whose last seen version is remembered for FOPEN_KEEP_CACHE: 16 bytes each, a power of two.</summary>
    public const int KnownVersions = 262_144;

    /// <summary>Files open or dirty at once: one 64-byte record each in the shared memory that a successor reads.</summary>
    public const int FileRecords = 65_536;

    /// <summary>
    /// Opens and releases remembered as counted, for a successor that is sent them again: several times <see cref="FuseRequests"/>, which bounds those without an answer. A power of two.
    /// </summary>
    public const int CountedRequests = 16_384;

    /// <summary>
    /// Open handles that were told of a failed write and are still open, 16 bytes each; a power of two. Where there are more, some are told again.
    /// </summary>
    public const int ErrorCursors = 4096;

    /// <summary>Places looked at for the cursor of a handle.</summary>
    public const int ErrorCursorsProbed = 16;

    /// <summary>
    /// A worker that replaces another asks the nodes this long after its start, ms, what they hold open: what the kernel had sent to its predecessor is answered by then.
    /// </summary>
    public const int ReconcileDelayMs = 5_000;

    /// <summary>
    /// Pairs of an inode and a shard that has acknowledged changes of it which may not be on stable storage, 32 bytes each; a power of two. Beyond it the oldest are taken for durable: nodes sync within seconds
    /// what nobody asks for.
    /// </summary>
    public const int UnsyncedRecords = 65_536;

    /// <summary>Places looked at for such a pair.</summary>
    public const int UnsyncedProbed = 16;

    /// <summary>How often nodes are asked to confirm that what they have acknowledged before the last time is on stable storage, ms: long after they sync it of their own accord, so that there is little left to do.</summary>
    public const int SettleMs = 60_000;

    /// <summary>Acknowledged ranges that may be lost are kept in the write buffer up to this part of it: one in so many units.</summary>
    public const int KeptShare = 4;

    /// <summary>Nodes keep checksums and marks of so many bytes together.</summary>
    public const uint BlockBytes = 64 * 1024;

    /// <summary>Unit of the write buffer: the least that a dirty range takes.</summary>
    public const int BufferUnitBytes = 64 * 1024;

    /// <summary>Longest dirty range, and so the largest transfer: one FUSE write, a quarter of a default chunk.</summary>
    public const int ExtentBytes = 1024 * 1024;

    /// <summary>Transfers of one file in flight at once.</summary>
    public const int TransfersPerFile = 8;

    /// <summary>Dirty data is sent after this long also when nobody asks, ms, so that other clients see a log grow.</summary>
    public const int DirtyAgeMs = 1_000;

    /// <summary>Closed files are told to the servers this late, ms, in batches.</summary>
    public const int CloseDelayMs = 500;

    /// <summary>Open references per Close message: 16 bytes each. ReassertOpen has all of a node in one, at most <see cref="FileRecords"/>.</summary>
    public const int ReferencesPerMessage = 4096;

    /// <summary>Read-ahead streams told apart per file.</summary>
    public const int StreamsPerFile = 4;

    /// <summary>One read-ahead transfer: as large as the largest FUSE read.</summary>
    public const int ReadAheadBytes = 1024 * 1024;

    /// <summary>Read-ahead transfers of one stream in flight or waiting to be used.</summary>
    public const int ReadAheadDepth = 8;

    /// <summary>Bytes asked of a server for a listing at once.</summary>
    public const uint ListingBytes = 128 * 1024;

    /// <summary>The same for its first page: somebody waits, and most directories fit.</summary>
    public const uint FirstListingBytes = 48 * 1024;

    /// <summary>Parts of one GETATTR compound: what fits into a call's body.</summary>
    public const int AttributesPerCompound = BodyBytes / 16;

    /// <summary>Entries of one listing whose attributes are asked for: about 100 bytes each. Those behind them are listed without.</summary>
    public const int AttributesPerListing = 4096;

    /// <summary>Longest wait for attributes that a listing can do without, ms: a node that is away does not hold up the listing of its parent directory.</summary>
    public const int AttributesMs = 1_000;

    /// <summary>Listings kept between two READDIRs.</summary>
    public const int KeptListings = 64;

    /// <summary>Age after which a kept listing is not used any more, ms.</summary>
    public const int ListingAgeMs = 1_000;

    /// <summary>Threads whose listings are told apart, to see who looks at entries afterwards.</summary>
    public const int WatchedListers = 256;

    /// <summary>For how long after its listing, or its last lookup that was not known, a thread counts as looking at the entries, ms.</summary>
    public const int WatchedMs = 10_000;

    /// <summary>Names from which on looking ahead is worth a request.</summary>
    public const int WorthLookingAhead = 16;

    /// <summary>Entries of a directory fetched ahead at once: about 150 bytes each.</summary>
    public const int AheadEntries = 4096;

    /// <summary>Directories looked ahead in.</summary>
    public const int AheadDirectories = 16;

    /// <summary>One page of what is fetched ahead, bytes: some hundred entries.</summary>
    public const uint AheadBytes = 32 * 1024;

    /// <summary>Longest age of what was fetched ahead, ms; less where the kernel believes attributes for a shorter time.</summary>
    public const int AheadMs = 1_000;

    /// <summary>Longest value of an extended attribute, as in the kernel (XATTR_SIZE_MAX).</summary>
    public const int XattrBytes = 65_536;

    /// <summary>Files at least this large at open are streams: they pass the page cache by, which neither holds them nor helps them.</summary>
    public const ulong StreamBytes = 64UL << 20;

    /// <summary>Longest wait of a fallocate(2) that does not fit for heartbeats that tell of more room, ms: two of every node, one second apart.</summary>
    public const int RoomMs = 2_500;

    /// <summary>Between two questions for room, ms.</summary>
    public const int RoomPauseMs = 250;

    /// <summary>Removed directories that an application holds open or as its working directory, some 130 bytes each; of more the attributes are not kept.</summary>
    public const int RemovedDirectories = 65_536;

    /// <summary>Largest file: the kernel's limit on signed 64-bit offsets.</summary>
    public const ulong FileBytes = long.MaxValue;

    /// <summary>Chunks of a file whose nodes are looked up one by one for an fsync; a file with more asks every node.</summary>
    public const int FsyncChunks = 1024;

    /// <summary>Time for a worker to drain at a clean unmount, ms.</summary>
    public const int DrainMs = 60_000;

    /// <summary>Restarts of the worker within <see cref="RestartWindowMs"/> after which the keeper gives up: a worker that dies at once would do so for ever.</summary>
    public const int RestartsInWindow = 20;

    public const int RestartWindowMs = 10_000;

    /// <summary>Largest message between keeper and worker: a map of a very large cluster.</summary>
    public const int ControlMessageBytes = 64 * 1024 * 1024;

    /// <summary>
    /// A signal ends a request with EINTR only when it has waited this long already, ms. Programs do not expect EINTR from a file system, so short waits are
    /// finished; but a process that was killed must not hang for as long as a node is away.
    /// </summary>
    public const int InterruptibleAfterMs = 1_000;
}
