namespace SealFs.StorageNode.Shards;

/// <summary>The limits of a storage node's shards, names and sessions, each with its reason.</summary>
public static class NodeLimits
{
    /// <summary>Shards whose verifiers one Fsync or SyncVolume may ask for: with four bytes each, a quarter of a megabyte.</summary>
    public const int ListedShards = 65_536;

    /// <summary>Requests that wait for a transaction's lock in one shard: more mean that something is stuck, and Busy is the honest answer.</summary>
    public const int ParkedRequestsPerShard = 4096;

    /// <summary>Longest wait for a transaction's lock: longer than a transaction takes with a peer that is slow, shorter than a client's patience.</summary>
    public const int ParkedRequestMs = 5_000;

    /// <summary>Inode numbers reserved at a time.</summary>
    public const ulong InodeSequenceBlock = 4096;

    /// <summary>
    /// Inode numbers left out where a shard is opened: more than it draws between two syncs of the log, and so few of 2^44 that it can be opened some hundred million times.
    /// </summary>
    public const ulong LostInodeSequences = 16 * InodeSequenceBlock;

    /// <summary>Bytes of a reply's body that are put together in the request object; larger answers go out as payload.</summary>
    public const int ReplyBodyBytes = 512;

    /// <summary>Requests kept for reuse: what a busy node has under way at once.</summary>
    public const int PooledRequests = 1024;

    /// <summary>Parts of a compound: more would hold the shard's gate for longer than others should wait.</summary>
    public const int CompoundParts = 256;

    /// <summary>Answers of a compound's parts together; a compound whose answers are longer is refused with E2BIG. Half of what a frame's body may have.</summary>
    public const int CompoundAnswerBytes = 32 * 1024;

    /// <summary>The same for a compound whose answer is remembered: it takes room for as long as its slot is not used again.</summary>
    public const int RememberedAnswerBytes = 4096;

    /// <summary>Open references a shard remembers; an open beyond that is refused with ENOMEM rather than forgotten.</summary>
    public const int OpenReferencesPerShard = 1 << 20;

    /// <summary>
    /// How long a shard that was opened waits for clients to say what they have open in it. A client that can reach the node has said it within seconds, the longest pause between two
    /// tries to connect; what is kept longer than needed is room on the disks of files that were removed just then.
    /// </summary>
    public static readonly TimeSpan ReassertTime = TimeSpan.FromSeconds(20);

    /// <summary>Most links to one inode, as ext4 has it.</summary>
    public const uint LinkCount = 65_000;

    /// <summary>Longest target of a symbolic link: PATH_MAX less the closing NUL.</summary>
    public const int SymlinkTargetBytes = 4_095;

    /// <summary>Longest name of an extended attribute: XATTR_NAME_MAX.</summary>
    public const int XattrNameBytes = 255;

    /// <summary>Longest value of an extended attribute: XATTR_SIZE_MAX.</summary>
    public const int XattrValueBytes = 65_536;

    /// <summary>Names and values of one inode's extended attributes together: what listxattr(2) can return, and what a removal deletes in one batch.</summary>
    public const int XattrTotalBytes = 256 * 1024;

    /// <summary>Names of one inode's extended attributes together: XATTR_LIST_MAX.</summary>
    public const int XattrListBytes = 65_536;

    /// <summary>Largest payload of a directory listing, whatever the client asks for.</summary>
    public const int ReadDirBytes = 1024 * 1024;

    /// <summary>
    /// Up to this many entries a directory is listed with all its attributes, whoever asks: they fit one answer to the kernel for a program that reads 32 KiB at once.
    /// </summary>
    public const int ListedWhole = 160;

    /// <summary>Directories of one shard that somebody counts on filling alone: about 100 bytes each.</summary>
    public const int NameLeasesPerShard = 1024;

    /// <summary>A lease that was in another session's way is not renewed for this long, ms: long enough for that session to come again.</summary>
    public const int LeasePauseMs = 1_000;

    /// <summary>Nobody waits longer than this for a sync that comes anyway: with a longer interval one is asked for.</summary>
    public static readonly TimeSpan LongestWaitForNextSync = TimeSpan.FromSeconds(1);

    /// <summary>Answers of a worker that was replaced are kept this long after its successor appeared: all its requests were re-sent by then.</summary>
    public static readonly TimeSpan OldGenerationAnswers = TimeSpan.FromMinutes(5);
}
