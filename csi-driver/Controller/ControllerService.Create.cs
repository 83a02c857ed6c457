using Google.Protobuf.Collections;
using Grpc.Core;
using SealFs.Core.Control;
using SealFs.Core.Control.V1;
using SealFs.CsiDriver.Protocol;
using CreateVolumeRequest = SealFs.CsiDriver.Protocol.CreateVolumeRequest;

namespace SealFs.CsiDriver.Controller;

/// <content>CreateVolume.</content>
internal sealed partial class ControllerService
{
    public override async Task<CreateVolumeResponse> CreateVolume(CreateVolumeRequest request, ServerCallContext context)
    {
        if (VolumeName.WhyRefused(request.Name) is { } reason)
            throw Refusal.Invalid(reason);
        CheckCapabilities(request.VolumeCapabilities);
        CapacityRules.Check(request.CapacityRange);
        var parameters = VolumeParameters.Parse(request.Parameters);
        if (request.MutableParameters.Count > 0)
            throw Refusal.Invalid("SealFS has no mutable parameters.");
        if (request.VolumeContentSource is not null)
            throw Refusal.Invalid("Volumes cannot be made from snapshots or other volumes.");

        var handle = HandleFor(request.Name, parameters);
        using var turn = turns.Enter(handle.ToString());
        try
        {
            var volume = await CreateOrFindAsync(managers.Of(handle.Managers), handle.Name, request, parameters, context.CancellationToken);
            return new CreateVolumeResponse { Volume = Describe(handle, volume.QuotaBytes) };
        }
        catch (ControlException problem)
        {
            throw Managers.Translate(problem);
        }
    }

    /// <exception cref="RpcException">INVALID_ARGUMENT.</exception>
    private void CheckCapabilities(RepeatedField<VolumeCapability> capabilities)
    {
        if (capabilities.Count == 0)
            throw Refusal.Invalid("The volume capabilities are missing.");
        foreach (var capability in capabilities)
        {
            if (CapabilityRules.WhyRefused(capability, options) is { } reason)
                throw Refusal.Invalid(reason);
        }
    }

    /// <summary>The name gets what the managers' addresses leave of a handle.</summary>
    private static VolumeHandle HandleFor(string name, VolumeParameters parameters)
    {
        var room = CsiLimits.MaxTextBytes - (parameters.Managers.Length == 0 ? 0 : parameters.Managers.Length + 1);
        return room >= 60
            ? new VolumeHandle(parameters.Managers, VolumeName.Of(name, room))
            : throw Refusal.Invalid("The parameter 'manager' is too long for a volume handle: give one address that stands for all managers.");
    }

    private static async Task<VolumeInfo> CreateOrFindAsync(
        ControlClient manager, string name, CreateVolumeRequest request, VolumeParameters parameters, CancellationToken cancellation)
    {
        try
        {
            return await manager.CreateVolumeAsync(parameters.ToRequest(name, CapacityRules.Quota(request.CapacityRange)), cancellation);
        }
        catch (ControlException problem) when (problem.Code == StatusCode.AlreadyExists)
        {
            // Asked for before, or made by somebody else: if it is what is wanted, the answer is the same.
        }
        var volume = await manager.GetVolumeAsync(name, cancellation);
        if (!CapacityRules.Fits(volume.QuotaBytes, request.CapacityRange))
            throw Refusal.Exists($"There is a volume {name} already, with another capacity ({volume.QuotaBytes} bytes).");
        return parameters.Fit(volume) ? volume : throw Refusal.Exists($"There is a volume {name} already, made with other parameters.");
    }
}
