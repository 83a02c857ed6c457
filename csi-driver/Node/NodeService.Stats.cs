using Grpc.Core;
using SealFs.CsiDriver.Protocol;
using SealFs.Fuse;

namespace SealFs.CsiDriver.Node;

/// <content>NodeGetVolumeStats and NodeExpandVolume: what the servers say about the volume.</content>
internal sealed partial class NodeService
{
    public override async Task<NodeGetVolumeStatsResponse> NodeGetVolumeStats(NodeGetVolumeStatsRequest request, ServerCallContext context)
    {
        RequireId(request.VolumeId);
        RequirePath(request.VolumePath, "volume path");
        var path = await FindAsync(request.VolumeId, request.VolumePath);
        try
        {
            var usage = await NodeSystem.UsageAsync(path);
            var answer = new NodeGetVolumeStatsResponse { VolumeCondition = new VolumeCondition { Message = "The mount answers." } };
            answer.Usage.Add(new VolumeUsage
            {
                Unit = VolumeUsage.Types.Unit.Bytes,
                Total = usage.TotalBytes,
                Available = usage.AvailableBytes,
                Used = usage.TotalBytes - usage.FreeBytes,
            });
            answer.Usage.Add(new VolumeUsage
            {
                Unit = VolumeUsage.Types.Unit.Inodes,
                Total = usage.TotalInodes,
                Available = usage.FreeInodes,
                Used = usage.TotalInodes - usage.FreeInodes,
            });
            return answer;
        }
        catch (TimeoutException)
        {
            return Abnormal("The mount does not answer: its mountd is being replaced, or storage nodes are away.");
        }
        catch (FuseException problem) when (problem.Errno == FuseErrno.ENOTCONN)
        {
            return Abnormal("The mount is dead: mountd and the node plugin were gone at the same time. Delete the pod, so that it is mounted again.");
        }
        catch (FuseException problem)
        {
            return Abnormal(problem.Message);
        }
    }

    /// <summary>The quota is the manager's, and was raised by the controller; this only tells what the mount sees.</summary>
    public override async Task<NodeExpandVolumeResponse> NodeExpandVolume(NodeExpandVolumeRequest request, ServerCallContext context)
    {
        RequireId(request.VolumeId);
        RequirePath(request.VolumePath, "volume path");
        if (request.VolumeCapability is not null)
            RequireCapability(request.VolumeCapability);
        var path = await FindAsync(request.VolumeId, request.VolumePath);
        return await SystemAsync(async () => new NodeExpandVolumeResponse { CapacityBytes = (await NodeSystem.UsageAsync(path)).TotalBytes });
    }

    /// <exception cref="RpcException">NOT_FOUND: the volume is not mounted there.</exception>
    private static async Task<string> FindAsync(string id, string volumePath)
    {
        var handle = Handle(id);
        var path = await SystemAsync(() => NodeSystem.ResolveAsync(volumePath));
        return MountEntry.At(path) is { IsSealFs: true } entry && entry.Source == handle.Name
            ? path
            : throw Refusal.NotFound($"{id} is not mounted on {volumePath}.");
    }

    private static NodeGetVolumeStatsResponse Abnormal(string message) => new() { VolumeCondition = new VolumeCondition { Abnormal = true, Message = message } };
}
