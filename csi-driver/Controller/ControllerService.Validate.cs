using Grpc.Core;
using SealFs.Core.Control;
using SealFs.CsiDriver.Protocol;

namespace SealFs.CsiDriver.Controller;

/// <content>ValidateVolumeCapabilities.</content>
internal sealed partial class ControllerService
{
    public override async Task<ValidateVolumeCapabilitiesResponse> ValidateVolumeCapabilities(ValidateVolumeCapabilitiesRequest request, ServerCallContext context)
    {
        RequireId(request.VolumeId);
        if (request.VolumeCapabilities.Count == 0)
            throw Refusal.Invalid("The volume capabilities are missing.");
        var handle = Handle(request.VolumeId);
        try
        {
            await managers.Of(handle.Managers).GetVolumeAsync(handle.Name, context.CancellationToken);
        }
        catch (ControlException problem)
        {
            throw Managers.Translate(problem);
        }

        var reason = request.VolumeCapabilities.Select(capability => CapabilityRules.WhyRefused(capability, options)).FirstOrDefault(found => found is not null);
        if (reason is null && request.MutableParameters.Count > 0)
            reason = "SealFS has no mutable parameters.";
        if (reason is not null)
            return new ValidateVolumeCapabilitiesResponse { Message = reason };
        var confirmed = new ValidateVolumeCapabilitiesResponse.Types.Confirmed();
        confirmed.VolumeContext.Add(request.VolumeContext);
        confirmed.VolumeCapabilities.AddRange(request.VolumeCapabilities);
        confirmed.Parameters.Add(request.Parameters);
        return new ValidateVolumeCapabilitiesResponse { Confirmed = confirmed };
    }
}
