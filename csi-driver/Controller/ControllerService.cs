using Grpc.Core;
using SealFs.CsiDriver.Protocol;
using Rpc = SealFs.CsiDriver.Protocol.ControllerServiceCapability.Types.RPC.Types.Type;

namespace SealFs.CsiDriver.Controller;

/// <summary>Volumes, by the manager's control plane. Nothing is kept here: the manager's list is the truth.</summary>
/// <remarks>One part per group of calls: .Create, .Delete, .Expand, .List, .Validate. Arguments are checked before anything is looked up.</remarks>
internal sealed partial class ControllerService(CsiDriverOptions options, Managers managers, VolumeTurns turns) : Protocol.Controller.ControllerBase
{
    private static readonly Rpc[] s_capabilities =
    [
        Rpc.CreateDeleteVolume, Rpc.ExpandVolume, Rpc.ListVolumes, Rpc.GetCapacity, Rpc.GetVolume, Rpc.VolumeCondition, Rpc.SingleNodeMultiWriter,
    ];

    public override Task<ControllerGetCapabilitiesResponse> ControllerGetCapabilities(ControllerGetCapabilitiesRequest request, ServerCallContext context)
    {
        var answer = new ControllerGetCapabilitiesResponse();
        answer.Capabilities.AddRange(s_capabilities.Select(type => new ControllerServiceCapability { Rpc = new() { Type = type } }));
        return Task.FromResult(answer);
    }

    /// <exception cref="RpcException">INVALID_ARGUMENT: none was given.</exception>
    private static string RequireId(string id) => id.Length > 0 ? id : throw Refusal.Invalid("The volume id is missing.");

    /// <exception cref="RpcException">NOT_FOUND: no volume can have this id.</exception>
    private static VolumeHandle Handle(string id) => VolumeHandle.TryParse(id) ?? throw Refusal.NotFound($"There is no volume with the id '{id}'.");

    private Volume Describe(VolumeHandle handle, ulong quotaBytes)
    {
        var volume = new Volume { VolumeId = handle.ToString(), CapacityBytes = (long)quotaBytes };
        var topology = new Topology();
        topology.Segments.Add(options.TopologyKey, "true");
        volume.AccessibleTopology.Add(topology);
        return volume;
    }
}
