using SealFs.Core.Control.V1;

namespace SealFs.Core.Control;

/// <summary>Moves of shards, and what people and operators do with nodes.</summary>
public sealed partial class ControlClient
{
    /// <summary>The target of a move has verified its copy, and may take over when this returns.</summary>
    /// <exception cref="ControlException">FailedPrecondition: the move is not wanted any more. Transient: ask again.</exception>
    public Task BeginSwitchAsync(BeginSwitchRequest request, TimeSpan timeout, CancellationToken cancellation = default) =>
        CallAsync((stub, options) => stub.BeginSwitchAsync(request, options), timeout, cancellation);

    /// <summary>The target serves from the answer on. Asked again after a lost answer, it is the same answer.</summary>
    /// <exception cref="ControlException">FailedPrecondition: the move was called off. Transient: nobody knows yet, ask again.</exception>
    public Task<CompleteMoveResponse> CompleteMoveAsync(CompleteMoveRequest request, TimeSpan timeout, CancellationToken cancellation = default) =>
        CallAsync((stub, options) => stub.CompleteMoveAsync(request, options), timeout, cancellation);

    public Task<ListMovesResponse> ListMovesAsync(CancellationToken cancellation = default) =>
        CallAsync((stub, options) => stub.ListMovesAsync(new ListMovesRequest(), options), callTimeout, cancellation);

    /// <param name="shard">What is moved.</param>
    /// <param name="target">Name or id of a node.</param>
    /// <param name="cancellation">Gives up the call.</param>
    public async Task<ulong> MoveShardAsync(ShardId shard, string target, CancellationToken cancellation = default)
    {
        var request = new MoveShardRequest { Shard = shard.Value, Target = target };
        return (await CallAsync((stub, options) => stub.MoveShardAsync(request, options), callTimeout, cancellation)).MoveId;
    }

    public Task CancelMoveAsync(ulong moveId, CancellationToken cancellation = default) =>
        CallAsync((stub, options) => stub.CancelMoveAsync(new CancelMoveRequest { MoveId = moveId }, options), callTimeout, cancellation);

    /// <summary>Begins to empty a node (by name or id), or tells how far that is.</summary>
    public async Task<DrainProgress> DrainNodeAsync(string node, CancellationToken cancellation = default) =>
        (await CallAsync((stub, options) => stub.DrainNodeAsync(new NodeRequest { Node = node }, options), callTimeout, cancellation)).Progress;

    public Task CancelDrainAsync(string node, CancellationToken cancellation = default) =>
        CallAsync((stub, options) => stub.CancelDrainAsync(new NodeRequest { Node = node }, options), callTimeout, cancellation);

    /// <returns>The shards whose contents were lost; empty unless that was allowed.</returns>
    public async Task<IReadOnlyList<ShardId>> RemoveNodeAsync(string node, bool forceLoseData = false, CancellationToken cancellation = default)
    {
        var request = new RemoveNodeRequest { Node = node, ForceLoseData = forceLoseData };
        var response = await CallAsync((stub, options) => stub.RemoveNodeAsync(request, options), callTimeout, cancellation);
        return [.. response.LostShards.Select(shard => new ShardId(shard))];
    }

    /// <param name="node">Name or id.</param>
    /// <param name="duration">How long from now; zero ends it.</param>
    /// <param name="cancellation">Gives up the call.</param>
    /// <returns>When it ends, in Unix milliseconds; 0 when it has ended.</returns>
    public async Task<long> SetMaintenanceAsync(string node, TimeSpan duration, CancellationToken cancellation = default)
    {
        var request = new SetMaintenanceRequest { Node = node, DurationMs = (ulong)Math.Max(0, duration.TotalMilliseconds) };
        return (await CallAsync((stub, options) => stub.SetMaintenanceAsync(request, options), callTimeout, cancellation)).UntilUnixMs;
    }

    public Task<BalanceSettings> GetBalanceAsync(CancellationToken cancellation = default) =>
        CallAsync((stub, options) => stub.GetBalanceAsync(new GetBalanceRequest(), options), callTimeout, cancellation);

    /// <summary>Changes what the request names.</summary>
    public Task<BalanceSettings> SetBalanceAsync(SetBalanceRequest request, CancellationToken cancellation = default) =>
        CallAsync((stub, options) => stub.SetBalanceAsync(request, options), callTimeout, cancellation);

    public Task<RebalanceResponse> RebalanceAsync(BalanceBy by, bool dryRun = false, CancellationToken cancellation = default)
    {
        var request = new RebalanceRequest { By = by, DryRun = dryRun };
        return CallAsync((stub, options) => stub.RebalanceAsync(request, options), callTimeout, cancellation);
    }

    /// <summary>Whether a node (by name or id) can be stopped for ever, or for a moment, and why not.</summary>
    public Task<NodeSafetyResponse> NodeSafetyAsync(string node, CancellationToken cancellation = default) =>
        CallAsync((stub, options) => stub.NodeSafetyAsync(new NodeRequest { Node = node }, options), callTimeout, cancellation);
}
