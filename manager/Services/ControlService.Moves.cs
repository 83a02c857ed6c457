using Grpc.Core;
using SealFs.Core.Control.V1;

namespace SealFs.Manager.Services;

/// <summary>Moves of shards, and what people and operators do with nodes.</summary>
internal sealed partial class ControlService
{
    public override async Task<BeginSwitchResponse> BeginSwitch(BeginSwitchRequest request, ServerCallContext context)
    {
        await plane.BeginSwitchAsync(request, context.CancellationToken);
        return new BeginSwitchResponse();
    }

    public override Task<CompleteMoveResponse> CompleteMove(CompleteMoveRequest request, ServerCallContext context) =>
        plane.CompleteMoveAsync(request, context.CancellationToken);

    public override Task<ListMovesResponse> ListMoves(ListMovesRequest request, ServerCallContext context) =>
        plane.ListMovesAsync(context.CancellationToken);

    public override async Task<MoveShardResponse> MoveShard(MoveShardRequest request, ServerCallContext context) =>
        new() { MoveId = await plane.MoveShardAsync(request, context.CancellationToken) };

    public override async Task<CancelMoveResponse> CancelMove(CancelMoveRequest request, ServerCallContext context)
    {
        await plane.CancelMoveAsync(request.MoveId, context.CancellationToken);
        return new CancelMoveResponse();
    }

    public override async Task<DrainNodeResponse> DrainNode(NodeRequest request, ServerCallContext context) =>
        new() { Progress = await plane.DrainNodeAsync(request.Node, context.CancellationToken) };

    public override async Task<CancelDrainResponse> CancelDrain(NodeRequest request, ServerCallContext context)
    {
        await plane.CancelDrainAsync(request.Node, context.CancellationToken);
        return new CancelDrainResponse();
    }

    public override Task<RemoveNodeResponse> RemoveNode(RemoveNodeRequest request, ServerCallContext context) =>
        plane.RemoveNodeAsync(request, context.CancellationToken);

    public override async Task<SetMaintenanceResponse> SetMaintenance(SetMaintenanceRequest request, ServerCallContext context) =>
        new() { UntilUnixMs = await plane.SetMaintenanceAsync(request, context.CancellationToken) };

    public override Task<BalanceSettings> GetBalance(GetBalanceRequest request, ServerCallContext context) =>
        plane.GetBalanceAsync(context.CancellationToken);

    public override Task<BalanceSettings> SetBalance(SetBalanceRequest request, ServerCallContext context) =>
        plane.SetBalanceAsync(request, context.CancellationToken);

    public override Task<RebalanceResponse> Rebalance(RebalanceRequest request, ServerCallContext context) =>
        plane.RebalanceAsync(request, context.CancellationToken);

    public override Task<NodeSafetyResponse> NodeSafety(NodeRequest request, ServerCallContext context) =>
        plane.NodeSafetyAsync(request.Node, context.CancellationToken);
}
