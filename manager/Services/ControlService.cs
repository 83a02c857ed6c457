using Grpc.Core;
using SealFs.Core;
using SealFs.Core.Control;
using SealFs.Core.Control.V1;
using SealFs.Manager.Tls;

namespace SealFs.Manager.Services;

/// <summary>The gRPC face of <see cref="ControlPlane"/>.</summary>
internal sealed partial class ControlService(ControlPlane plane) : Control.ControlBase
{
    public override Task<RegisterNodeResponse> RegisterNode(RegisterNodeRequest request, ServerCallContext context) =>
        plane.RegisterNodeAsync(request, context.CancellationToken);

    public override Task<HeartbeatResponse> Heartbeat(HeartbeatRequest request, ServerCallContext context) =>
        plane.HeartbeatAsync(request, context.CancellationToken);

    public override Task<MapSnapshot> GetMap(GetMapRequest request, ServerCallContext context) =>
        Task.FromResult(plane.Maps.Snapshot);

    public override async Task WatchMap(WatchMapRequest request, IServerStreamWriter<MapUpdate> responseStream, ServerCallContext context)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(context.CancellationToken, plane.Stopping);
        try
        {
            await foreach (var update in plane.Maps.WatchAsync(request, either.Token))
                await responseStream.WriteAsync(update, either.Token);
        }
        catch (OperationCanceledException) when (plane.Stopping.IsCancellationRequested)
        {
            throw Refusal.NotYet("The manager is stopping.");
        }
        catch (OperationCanceledException)
        {
            // The watcher left.
        }
    }

    public override Task<VolumeInfo> CreateVolume(CreateVolumeRequest request, ServerCallContext context) =>
        plane.CreateVolumeAsync(request, WaitAllowedBy(context), context.CancellationToken);

    public override async Task<ListVolumesResponse> ListVolumes(ListVolumesRequest request, ServerCallContext context) =>
        new() { Volumes = { await plane.ListVolumesAsync(request.IncludeDeleting, context.CancellationToken) } };

    public override Task<VolumeInfo> GetVolume(GetVolumeRequest request, ServerCallContext context) =>
        plane.GetVolumeAsync(request, CallerOf(context), context.CancellationToken);

    public override Task<VolumeInfo> ResizeVolume(ResizeVolumeRequest request, ServerCallContext context) =>
        plane.ResizeVolumeAsync(request, context.CancellationToken);

    public override Task<DeleteVolumeResponse> DeleteVolume(DeleteVolumeRequest request, ServerCallContext context) =>
        plane.DeleteVolumeAsync(request, context.CancellationToken);

    public override Task<OpenSessionResponse> OpenSession(OpenSessionRequest request, ServerCallContext context) =>
        plane.OpenSessionAsync(request, CallerOf(context), context.CancellationToken);

    public override Task<RenewSessionResponse> RenewSession(RenewSessionRequest request, ServerCallContext context) =>
        plane.RenewSessionAsync(request, CallerOf(context), context.CancellationToken);

    public override async Task<CloseSessionResponse> CloseSession(CloseSessionRequest request, ServerCallContext context)
    {
        await plane.CloseSessionAsync(request, CallerOf(context), context.CancellationToken);
        return new CloseSessionResponse();
    }

    public override async Task<ListSessionsResponse> ListSessions(ListSessionsRequest request, ServerCallContext context) =>
        new() { Sessions = { await plane.ListSessionsAsync(request.Volume, context.CancellationToken) } };

    public override Task<ClusterStatusResponse> ClusterStatus(ClusterStatusRequest request, ServerCallContext context) =>
        plane.ClusterStatusAsync(context.CancellationToken);

    public override async Task<ListNodesResponse> ListNodes(ListNodesRequest request, ServerCallContext context) =>
        new() { Nodes = { await plane.ListNodesAsync(context.CancellationToken) } };

    private Caller CallerOf(ServerCallContext context)
    {
        if (context.UserState.TryGetValue(Caller.ItemKey, out var caller))
            return (Caller)caller;
        return plane.KnowsCallers ? throw Refusal.Denied("The call has passed no look at a certificate.") : Caller.Unknown;
    }

    private static TimeSpan WaitAllowedBy(ServerCallContext context)
    {
        if (context.Deadline == DateTime.MaxValue)
            return Limits.DefaultMapWait;
        var left = context.Deadline - DateTime.UtcNow - Limits.AnswerReserve;
        return left > TimeSpan.Zero ? left : TimeSpan.Zero;
    }
}
