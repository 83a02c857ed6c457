namespace SealFs.StorageNode.Replication;

/// <summary>
/// The steps of a move, by name, so that tests can have a node die at each of them. Those of a process of its own are set as all failpoints are; in one process with others a node is told
/// by <see cref="Shards.NodeContext.Reached"/>.
/// </summary>
public static class MoveSteps
{
    /// <summary>Source: a learner was attached and has not been told.</summary>
    public const string Attached = "move.attached";

    /// <summary>Source: a page was read and not sent.</summary>
    public const string Page = "move.page";

    /// <summary>Source: changes were read and not sent.</summary>
    public const string Tail = "move.tail";

    /// <summary>Source: a snapshot was taken and the learner has not been told.</summary>
    public const string Snapshot = "move.snapshot";

    /// <summary>Source: the shard has retired, and nothing is synced.</summary>
    public const string Retired = "move.retired";

    /// <summary>Source: it is synced, and the learner has not been told.</summary>
    public const string HandedOver = "move.handed-over";

    /// <summary>Source: some of the copy has been deleted.</summary>
    public const string Dropping = "move.dropping";

    /// <summary>Target: the row says that a copy is being made, and nothing else has happened.</summary>
    public const string Begun = "move.begun";

    /// <summary>Target: a page was applied.</summary>
    public const string PageApplied = "move.page-applied";

    /// <summary>Target: changes were applied.</summary>
    public const string TailApplied = "move.tail-applied";

    /// <summary>Target: the copy was compared, and nothing asked for.</summary>
    public const string Verified = "move.verified";

    /// <summary>Target: about to ask the manager for the switch.</summary>
    public const string BeforeBeginSwitch = "move.before-begin-switch";

    /// <summary>Target: allowed to switch, and the source has not been asked.</summary>
    public const string AfterBeginSwitch = "move.after-begin-switch";

    /// <summary>Target: the source has handed over, and the rest has not been fetched.</summary>
    public const string TookOver = "move.took-over";

    /// <summary>Target: the copy is complete and on stable storage, and the manager has not been told.</summary>
    public const string BeforeComplete = "move.before-complete";

    /// <summary>Target: the manager has switched, and nothing is served.</summary>
    public const string AfterComplete = "move.after-complete";

    /// <summary>Target: the shard is served, and what follows has not happened.</summary>
    public const string Served = "move.served";
}
