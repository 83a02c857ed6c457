using SealFs.Core;
using SealFs.Core.Control.V1;

namespace SealFs.Manager.Balance;

/// <summary>What is to be moved, in this order, and what should be but cannot.</summary>
internal sealed record MovePlan(IReadOnlyList<PlanStep> Steps, IReadOnlyList<BlockedStep> Blocked)
{
    public static readonly MovePlan Nothing = new([], []);

    /// <summary>Each source and target in turn, so that the first few moves of a plan already spread over the nodes.</summary>
    public static IReadOnlyList<PlanStep> Spread(IEnumerable<PlanStep> steps) =>
    [
        .. steps.GroupBy(step => step.Reason == MoveReason.Drain)
            .OrderByDescending(drains => drains.Key)
            .SelectMany(group => group
                .GroupBy(step => (step.Source, step.Target))
                .SelectMany(pair => pair.OrderBy(step => step.Shard).Select((step, turn) => (turn, step)))
                .OrderBy(entry => entry.turn)
                .ThenBy(entry => entry.step.Source)
                .ThenBy(entry => entry.step.Target)
                .Select(entry => entry.step)),
    ];
}

/// <summary>One shard from one node to another.</summary>
internal readonly record struct PlanStep(ShardId Shard, NodeId Source, NodeId Target, MoveReason Reason);

/// <summary>A shard that should leave a node, and why it does not.</summary>
internal readonly record struct BlockedStep(ShardId Shard, NodeId Source, string Why);
