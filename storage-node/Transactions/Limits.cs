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
    /// How long a participant remembers at least that it has done steps without preparing them, ms: a coordinator that has lost its shard asks for as long as one call takes,
    /// <see cref="DecideCallMs"/>, and what it sent last is read soon after, or lost with its connection.
    /// </summary>
    public const int KeepFollowedMs = 4 * DecideCallMs;

    /// <summary>How long a participant waits before it asks whether a commit that it has applied is forgotten by its coordinator, ms: most are by then.</summary>
    public const int KeepAppliedMs = 2_000;

    /// <summary>Commits that one shard remembers to have applied; with more it prepares nothing until coordinators have forgotten some.</summary>
    public const int AppliedPerShard = 64 * 1024;

    /// <summary>Transactions in one question whether they are forgotten: 16 KiB.</summary>
    public const int TransactionsPerQuestion = 2 * 1024;

    /// <summary>Transactions that one shard coordinates at a time; more answer Busy and are tried again.</summary>
    public const int ActivePerShard = 8 * 1024;

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

    /// <summary>Questions for an outcome, one soon after the other, before the participant waits again: some 50 ms.</summary>
    public const int QuickQuestions = 8;

    /// <summary>For so long after a start a directory that is missing may be one that its maker tells again, ms: coordinators try at least every <see cref="BackoffLastUs"/> while they reach the node.</summary>
    public const int ToldAgainMs = 2 * DecideCallMs;

    /// <summary>How often a node looks for transactions in doubt, ms.</summary>
    public const int SweepMs = 250;

    /// <summary>Every so many looks a node asks which commits are forgotten by their coordinators.</summary>
    public const int SweepsPerQuestion = 4;

    /// <summary>Deadline of one call to a participant or coordinator that is repeated until it is answered, ms.</summary>
    public const int DecideCallMs = 5_000;
}
