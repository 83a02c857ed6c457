namespace SealFs.Operator.Api;

/// <summary>Copies of everything.</summary>
[Rule("self.minInSync <= self.copies", "replication.minInSync cannot be above replication.copies")]
public sealed class ReplicationSpec
{
    /// <summary>Copies of every shard. This version keeps one: while a node is away, what is on it waits.</summary>
    [Between(1, 3)]
    public int Copies { get; set; } = 1;

    /// <summary>With fewer copies than this in sync, a shard refuses writes.</summary>
    [Between(1, 3)]
    public int MinInSync { get; set; } = 1;
}
