namespace SealFs.StorageNode.Replication;

/// <summary>Mistakes that a test can have a node make, to see that the checks of the simulator find them. None of them can be set from outside of the process.</summary>
[Flags]
public enum PlantedBugs
{
    None = 0,

    /// <summary>A learner takes over without what was entered since it asked for the shard.</summary>
    SwitchBeforeCaughtUp = 1,

    /// <summary>A source goes on serving a shard that it has handed over.</summary>
    AnswerAfterHandOver = 2,

    /// <summary>A request that comes again is executed again.</summary>
    ForgetAnswers = 4,

    /// <summary>Names are added to directories that another session counts on filling alone.</summary>
    AddDespiteLease = 8,

    /// <summary>A transaction is decided before other nodes have on stable storage what they prepared of it.</summary>
    PrepareUnsynced = 16,

    /// <summary>A commit is acknowledged before it is on stable storage, so that its decision is forgotten too early.</summary>
    AcknowledgeUnsynced = 32,

    /// <summary>A commit is told before its decision is on stable storage.</summary>
    TellUnsynced = 64,

    /// <summary>fsync does not wait for the names of new directories.</summary>
    SyncWithoutNames = 128,
}
