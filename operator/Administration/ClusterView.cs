namespace SealFs.Operator.Administration;

/// <summary>What the manager says of a node's emptying.</summary>
public sealed record DrainView(int ShardsLeft, int ShardsAtStart, bool IsDone, string Problem);

/// <summary>A storage node as the manager knows it.</summary>
public sealed record NodeView(string Name, bool IsLive, int Shards, decimal UsedBytes, decimal CapacityBytes, DrainView? Drain);

/// <summary>A cluster as its manager knows it, read at one time.</summary>
public sealed record ClusterView(
    string Version, bool IsMapBuilt, int Shards, int ShardsUnavailable, int ShardsMoving, int ShardsWaitingToMove, IReadOnlyList<NodeView> Nodes)
{
    public NodeView? Find(string name) => Nodes.FirstOrDefault(node => node.Name == name);
}

/// <summary>Whether a node may be taken away or restarted, and if not, why.</summary>
public sealed record SafetyView(bool MayRemove, string WhyNotRemove, bool MayRestart, string WhyNotRestart);
