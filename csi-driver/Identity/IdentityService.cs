using Grpc.Core;
using SealFs.CsiDriver.Protocol;

namespace SealFs.CsiDriver.Identity;

/// <summary>What the plugin is and can do.</summary>
internal sealed class IdentityService(CsiDriverOptions options) : Protocol.Identity.IdentityBase
{
    public override Task<GetPluginInfoResponse> GetPluginInfo(GetPluginInfoRequest request, ServerCallContext context) =>
        Task.FromResult(new GetPluginInfoResponse { Name = options.DriverName, VendorVersion = options.DriverVersion });

    public override Task<GetPluginCapabilitiesResponse> GetPluginCapabilities(GetPluginCapabilitiesRequest request, ServerCallContext context)
    {
        var answer = new GetPluginCapabilitiesResponse();
        answer.Capabilities.Add(Service(PluginCapability.Types.Service.Types.Type.ControllerService));
        answer.Capabilities.Add(Service(PluginCapability.Types.Service.Types.Type.VolumeAccessibilityConstraints));
        answer.Capabilities.Add(new PluginCapability
        {
            VolumeExpansion = new() { Type = PluginCapability.Types.VolumeExpansion.Types.Type.Online },
        });
        return Task.FromResult(answer);
    }

    /// <summary>
    /// Healthy as long as it answers: a manager or a mountd that is away for a while is no reason to restart this process, which holds what mountd will need.
    /// </summary>
    public override Task<ProbeResponse> Probe(ProbeRequest request, ServerCallContext context) => Task.FromResult(new ProbeResponse { Ready = true });

    private static PluginCapability Service(PluginCapability.Types.Service.Types.Type type) => new() { Service = new() { Type = type } };
}
