using Grpc.Core;
using SealFs.Core.Control;
using SealFs.Core.Control.V1;
using SealFs.CsiDriver.Protocol;

namespace SealFs.CsiDriver.Controller;

/// <content>ControllerExpandVolume: a larger quota. Mounts see it without being told.</content>
internal sealed partial class ControllerService
{
    public override async Task<ControllerExpandVolumeResponse> ControllerExpandVolume(ControllerExpandVolumeRequest request, ServerCallContext context)
    {
        RequireId(request.VolumeId);
        if (request.CapacityRange is null)
            throw Refusal.Invalid("The capacity range is missing.");
        CapacityRules.Check(request.CapacityRange);
        if (request.VolumeCapability is not null && CapabilityRules.WhyRefused(request.VolumeCapability, options) is { } reason)
            throw Refusal.Invalid(reason);
        var handle = Handle(request.VolumeId);
        using var turn = turns.Enter(handle.ToString());
        try
        {
            var manager = managers.Of(handle.Managers);
            var volume = await manager.GetVolumeAsync(handle.Name, context.CancellationToken);
            return new ControllerExpandVolumeResponse { CapacityBytes = await GrowAsync(manager, volume, request.CapacityRange, context.CancellationToken) };
        }
        catch (ControlException problem)
        {
            throw Managers.Translate(problem);
        }
    }

    /// <summary>Never smaller: a volume that is large enough already stays as it is.</summary>
    private static async Task<long> GrowAsync(ControlClient manager, VolumeInfo volume, CapacityRange range, CancellationToken cancellation)
    {
        var wanted = CapacityRules.Quota(range);

        // Without a quota it has all the cluster's space: what was asked for is there.
        if (volume.QuotaBytes == 0)
            return (long)wanted;
        if (range.LimitBytes > 0 && volume.QuotaBytes > (ulong)range.LimitBytes)
            throw Refusal.Range($"The volume has {volume.QuotaBytes} bytes already and is not made smaller.");
        if (range.RequiredBytes == 0 || volume.QuotaBytes >= wanted)
            return (long)volume.QuotaBytes;
        return (long)(await manager.ResizeVolumeAsync(new ResizeVolumeRequest { Name = volume.Name, QuotaBytes = wanted }, cancellation)).QuotaBytes;
    }
}
