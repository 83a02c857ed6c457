using SealFs.StorageNode.Chunks;

namespace SealFs.StorageNode.Replication;

/// <summary>Every bound of copying shards, each with its reason.</summary>
internal static class ReplicationLimits
{
    /// <summary>
    /// What is kept of one shard's changes for a learner: a second or so at full speed, while a learner looks after each page. One that falls out of it starts over, which costs it hashes.
    /// </summary>
    public const long LogBytes = 64L << 20;

    /// <summary>Memory of the log comes in pieces of this size, from a pool.</summary>
    public const int LogSegmentBytes = 256 * 1024;

    /// <summary>A larger batch does not go through the log: it has to fit the payload of an answer.</summary>
    public const int LogEntryBytes = 4 << 20;

    /// <summary>A learner that has asked nothing for this long is gone, and its log with it.</summary>
    public static readonly TimeSpan LearnerSilence = TimeSpan.FromSeconds(30);

    /// <summary>Payload of an answer to a learner: large enough that round trips do not count, small enough not to hold up others on the connection.</summary>
    public const int PageBytes = 1 << 20;

    /// <summary>Room behind a full page for the row that filled it: larger than any row.</summary>
    public const int RowRoomBytes = 256 * 1024;

    /// <summary>Rows of one compared range, bytes: a difference costs at most this much to repair.</summary>
    public const int RangeBytes = 4 << 20;

    /// <summary>Blocks of a chunk in one answer: 1 MiB.</summary>
    public const int BlocksPerCall = PageBytes / ChunkLimits.BlockBytes;

    /// <summary>Chunks that are fetched at the same time: hides the round trip of small ones.</summary>
    public const int ParallelChunks = 4;

    /// <summary>Longest wait of a question for changes: well below the time-out of a call.</summary>
    public const uint TailWaitMs = 500;

    /// <summary>Deadline of one question to the source.</summary>
    public const uint CallMs = 10_000;

    /// <summary>The manager's answer to a question about a switch is waited for so long before it is asked again: a lost answer must not hold up the shard.</summary>
    public static readonly TimeSpan ManagerTime = TimeSpan.FromSeconds(2);

    /// <summary>Shards that a node copies at the same time; the manager orders fewer.</summary>
    public const int Learners = 4;

    /// <summary>A learner that is no more than this far behind asks for the switch: applying so many changes takes milliseconds.</summary>
    public const ulong NearEffects = 1024;

    /// <summary>And no more than so many blocks: 4 MiB, fetched within some tens of milliseconds. Asked for less, a shard that is written all the time is fetched over and over.</summary>
    public const int NearBlocks = 64;

    /// <summary>Tries to come near before the switch is asked for all the same: the rest is fetched while nobody serves.</summary>
    public const int NearTries = 20;

    /// <summary>Comparisons in a row that find differences before a learner gives up until it is ordered again.</summary>
    public const int VerifyRounds = 5;

    /// <summary>First and last pause after a failure.</summary>
    public static readonly TimeSpan RetryFirst = TimeSpan.FromMilliseconds(100);

    public static readonly TimeSpan RetryLast = TimeSpan.FromSeconds(5);

    /// <summary>The same while nobody serves the shard.</summary>
    public static readonly TimeSpan SwitchRetryFirst = TimeSpan.FromMilliseconds(10);

    public static readonly TimeSpan SwitchRetryLast = TimeSpan.FromSeconds(1);

    /// <summary>Files of a copy that is dropped, removed without a pause, and the pause.</summary>
    public const int DropStep = 200;

    /// <inheritdoc cref="DropStep"/>
    public static readonly TimeSpan DropPause = TimeSpan.FromMilliseconds(10);

    /// <summary>Shards whose usage one heartbeat tells.</summary>
    public const int UsageReports = 256;

    /// <summary>Open references in one answer: 1 MiB.</summary>
    public const int ReferencesPerCall = PageBytes / Core.Messages.HandedReference.WireSize;

    /// <summary>Messages of closes that are passed on at the same time; each is one batch of a client.</summary>
    public const int ForwardedCloses = 1024;

    /// <summary>How long a close is passed on: a shard is nobody's for less.</summary>
    public static readonly TimeSpan ForwardTime = TimeSpan.FromSeconds(30);

    /// <summary>More chunk files than this are synced with one syncfs(2).</summary>
    public const int SyncSingly = 16;
}
