using System.Globalization;
using Grpc.Core;
using SealFs.Core.Control;
using SealFs.Core.Control.V1;
using SealFs.CsiDriver.Protocol;
using ListVolumesRequest = SealFs.CsiDriver.Protocol.ListVolumesRequest;
using ListVolumesResponse = SealFs.CsiDriver.Protocol.ListVolumesResponse;

namespace SealFs.CsiDriver.Controller;

/// <content>ListVolumes, ControllerGetVolume and GetCapacity, of the driver's own cluster.</content>
internal sealed partial class ControllerService
{
    /// <summary>In the order of creation; the token is the id of the last volume of a page, so that pages are right while volumes come and go.</summary>
    public override async Task<ListVolumesResponse> ListVolumes(ListVolumesRequest request, ServerCallContext context)
    {
        if (request.MaxEntries < 0)
            throw Refusal.Invalid("The number of entries is never negative.");
        uint after = 0;
        if (request.StartingToken.Length > 0 && !uint.TryParse(request.StartingToken, NumberStyles.None, CultureInfo.InvariantCulture, out after))
            throw Refusal.Busy("The starting token is not one of this driver; begin from the start.");
        try
        {
            var manager = managers.Of("");
            var condition = ConditionOf(await manager.ClusterStatusAsync(context.CancellationToken));
            var rest = (await manager.ListVolumesAsync(cancellation: context.CancellationToken)).Where(volume => volume.Id > after).OrderBy(volume => volume.Id).ToList();
            var count = Math.Min(rest.Count, request.MaxEntries == 0 ? CsiLimits.MaxListEntries : Math.Min(request.MaxEntries, CsiLimits.MaxListEntries));
            var answer = new ListVolumesResponse { NextToken = count < rest.Count ? rest[count - 1].Id.ToString(CultureInfo.InvariantCulture) : "" };
            answer.Entries.AddRange(rest.Take(count).Select(volume => new ListVolumesResponse.Types.Entry
            {
                Volume = Describe(new VolumeHandle("", volume.Name), volume.QuotaBytes),
                Status = new() { VolumeCondition = condition },
            }));
            return answer;
        }
        catch (ControlException problem)
        {
            throw Managers.Translate(problem);
        }
    }

    public override async Task<ControllerGetVolumeResponse> ControllerGetVolume(ControllerGetVolumeRequest request, ServerCallContext context)
    {
        var handle = Handle(RequireId(request.VolumeId));
        try
        {
            var manager = managers.Of(handle.Managers);
            var volume = await manager.GetVolumeAsync(handle.Name, context.CancellationToken);
            var condition = ConditionOf(await manager.ClusterStatusAsync(context.CancellationToken));
            return new ControllerGetVolumeResponse { Volume = Describe(handle, volume.QuotaBytes), Status = new() { VolumeCondition = condition } };
        }
        catch (ControlException problem)
        {
            throw Managers.Translate(problem);
        }
    }

    public override async Task<GetCapacityResponse> GetCapacity(GetCapacityRequest request, ServerCallContext context)
    {
        if (request.VolumeCapabilities.Count > 0)
            CheckCapabilities(request.VolumeCapabilities);
        var parameters = VolumeParameters.Parse(request.Parameters);
        if (request.AccessibleTopology is { } topology && topology.Segments.Count > 0 && !topology.Segments.ContainsKey(options.TopologyKey))
            return new GetCapacityResponse();
        try
        {
            var status = await managers.Of(parameters.Managers).ClusterStatusAsync(context.CancellationToken);
            return new GetCapacityResponse { AvailableCapacity = (long)Math.Min(status.FreeBytes, long.MaxValue), MaximumVolumeSize = CsiLimits.MaxVolumeBytes };
        }
        catch (ControlException problem)
        {
            throw Managers.Translate(problem);
        }
    }

    /// <summary>A volume is spread over all shards, so that each of them that is away is felt in every volume.</summary>
    private static VolumeCondition ConditionOf(ClusterStatusResponse status) => status.ShardsUnavailable == 0
        ? new VolumeCondition { Message = "All shards are served." }
        : new VolumeCondition
        {
            Abnormal = true,
            Message = $"{status.ShardsUnavailable} of {status.ShardCount} shards cannot be reached ({status.NodesDead} storage nodes are down): a part of the files waits for them.",
        };
}
