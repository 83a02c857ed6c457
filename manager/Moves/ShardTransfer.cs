using SealFs.Core;

namespace SealFs.Manager.Moves;

/// <summary>A shard of which it is being decided, or was just decided, who has it: its usage may show at either node, at both, or at none.</summary>
internal sealed class ShardTransfer(ulong move, ShardId shard, NodeId source, NodeId target)
{
    public ulong Move { get; } = move;

    public ShardId Shard { get; } = shard;

    public NodeId Source { get; } = source;

    public NodeId Target { get; } = target;

    /// <summary>The map version that says who has it; 0 before.</summary>
    public ulong DecidedIn { get; set; }

    public bool SourceHeard { get; set; }

    public bool TargetHeard { get; set; }
}
