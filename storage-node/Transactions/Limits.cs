namespace SealFs.StorageNode.Transactions;

/// <summary>Every bound of the transactions, each with its reason.</summary>
internal static class Limits
{
    /// <summary>Steps of one transaction in one shard: a rename has at most a handful, a split one for each batch of entries.</summary>
    public const int StepsPerShard = 4096;

    /// <summary>Bytes of steps in one prepare request, so that it fits a frame's body with room to spare.</summary>
    public const int PrepareBytes = 56 * 1024;

    /// <summary>Directories between a rename's target and the root: deeper trees than a path of 4,095 bytes can name exist, but end somewhere.</summary>
    public const int AncestorDepth = 65_536;

    /// <summary>Partitions of a directory that can be removed: each is frozen in the transaction, and an empty directory with more is a rare one.</summary>
    public const int PartitionsOfRemoved = 8 * 1024;

    /// <summary>ext4's limit of names for one inode.</summary>
    public const uint LinkCount = 65_000;

    /// <summary>Outcomes that a participant remembers, so that a late copy of a prepare request locks nothing.</summary>
    public const int RememberedOutcomes = 16 * 1024;

    /// <summary>
    /// How long a participant remembers steps that followed a decision, ms: a coordinator that has lost its shard asks for as long as one call takes, <see cref="DecideCallMs"/>,
    /// and what it sent last is read soon after, or lost with its connection.
    /// </summary>
    public const int KeepFollowedMs = 4 * DecideCallMs;

    /// <summary>Such steps remembered in one shard: some thousand links a second, each of them another name of a file that has more.</summary>
    public const int FollowedPerShard = 64 * 1024;

    /// <summary>Transactions that one shard coordinates at a time; more answer Busy and are tried again.</summary>
    public const int ActivePerShard = 8 * 1024;

    /// <summary>How long a decision is kept after the last acknowledgement, ms: several intervals of the write-ahead log's sync.</summary>
    public const int KeepDecisionMs = 2_000;

    /// <summary>Decisions that one batch forgets.</summary>
    public const int ForgottenPerBatch = 64;

    /// <summary>How long an operation is tried when its request names no time-out, ms.</summary>
    public const int OperationTimeMs = 30_000;

    /// <summary>First and last pause between two tries of an operation that met another transaction's lock, µs; doubling, with jitter.</summary>
    public const int BackoffFirstUs = 200;

    public const int BackoffLastUs = 50_000;

    /// <summary>How long a commit that nobody waits for waits for others that go to the same node, ms: enough for several, and far below <see cref="DoubtMs"/>.</summary>
    public const int TellTogetherMs = 10;

    /// <summary>Commits in one message: the loop that executes them serves other connections as well.</summary>
    public const int CommitsPerMessage = 64;

    /// <summary>A participant that has waited this long for a decision asks the coordinator, ms.</summary>
    public const int DoubtMs = 500;

    /// <summary>How often a node looks for transactions in doubt, ms.</summary>
    public const int SweepMs = 250;

    /// <summary>Deadline of one call to a participant or coordinator that is repeated until it is answered, ms.</summary>
    public const int DecideCallMs = 5_000;
}
