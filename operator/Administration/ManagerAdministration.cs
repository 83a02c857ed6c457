using SealFs.Core.Control;
using SealFs.Core.Control.V1;

namespace SealFs.Operator.Administration;

/// <summary>Asks a manager by its gRPC contract.</summary>
internal sealed class ManagerAdministration(ControlClient client) : IClusterAdministration
{
    public async Task<ClusterView> ViewAsync(CancellationToken cancellation)
    {
        var status = await client.ClusterStatusAsync(cancellation);
        var nodes = await client.ListNodesAsync(cancellation);
        var moves = (await client.ListMovesAsync(cancellation)).Moves;
        var moving = moves.Count(move => move.Phase is MovePhase.Copying or MovePhase.Switching);
        return new ClusterView(
            status.ManagerVersion, status.MapBuilt, (int)status.ShardCount, (int)status.ShardsUnavailable, moving,
            moves.Count(move => move.Phase == MovePhase.Waiting), [.. nodes.Select(Node)]);
    }

    public Task DrainAsync(string node, CancellationToken cancellation) => client.DrainNodeAsync(node, cancellation);

    public Task CancelDrainAsync(string node, CancellationToken cancellation) => client.CancelDrainAsync(node, cancellation);

    public Task RemoveAsync(string node, CancellationToken cancellation) => client.RemoveNodeAsync(node, forceLoseData: false, cancellation);

    public async Task<SafetyView> SafetyAsync(string node, CancellationToken cancellation)
    {
        var safety = await client.NodeSafetyAsync(node, cancellation);
        return new SafetyView(
            safety.SafeToRemove, string.Join("; ", safety.NotRemovableBecause), safety.SafeToRestart, string.Join("; ", safety.NotRestartableBecause));
    }

    private static NodeView Node(NodeStatus status)
    {
        var drain = status.Drain is { } progress
            ? new DrainView((int)progress.ShardsLeft, (int)progress.ShardsAtStart, progress.Done, progress.Problem) : null;
        return new NodeView(
            status.Node.Name, status.Node.State == NodeState.Live, (int)status.PrimaryShards,
            status.CapacityBytes - Math.Min(status.FreeBytes, status.CapacityBytes), status.CapacityBytes, drain);
    }
}
