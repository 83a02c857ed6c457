using System.Text;
using Grpc.Core;
using Microsoft.Extensions.Logging;
using SealFs.Client;
using SealFs.Client.Mountd;
using SealFs.Client.Mountd.V1;
using SealFs.CsiDriver.Protocol;
using SealFs.Fuse;
using Rpc = SealFs.CsiDriver.Protocol.NodeServiceCapability.Types.RPC.Types.Type;

namespace SealFs.CsiDriver.Node;

/// <summary>
/// The mounts of one machine. The FUSE mount is made by mountd at the staging path; pods get bind mounts of it. What is there is read from mountinfo at every call:
/// this service remembers nothing, so that it can be killed at any time.
/// </summary>
/// <remarks>One part per group of calls: .Stage, .Publish, .Stats. Arguments are checked before anything is looked up.</remarks>
internal sealed partial class NodeService(CsiDriverOptions options, Managers managers, VolumeTurns turns, MountdClient mountd, ILogger<NodeService> logger)
    : Protocol.Node.NodeBase
{
    private static readonly Rpc[] s_capabilities =
    [
        Rpc.StageUnstageVolume, Rpc.GetVolumeStats, Rpc.ExpandVolume, Rpc.VolumeCondition, Rpc.SingleNodeMultiWriter, Rpc.VolumeMountGroup,
    ];

    public override Task<NodeGetCapabilitiesResponse> NodeGetCapabilities(NodeGetCapabilitiesRequest request, ServerCallContext context)
    {
        var answer = new NodeGetCapabilitiesResponse();
        answer.Capabilities.AddRange(s_capabilities.Select(type => new NodeServiceCapability { Rpc = new() { Type = type } }));
        return Task.FromResult(answer);
    }

    public override Task<NodeGetInfoResponse> NodeGetInfo(NodeGetInfoRequest request, ServerCallContext context)
    {
        var topology = new Topology();
        topology.Segments.Add(options.TopologyKey, "true");
        if (options.Zone.Length > 0)
            topology.Segments.Add(options.ZoneTopologyKey, options.Zone);
        return Task.FromResult(new NodeGetInfoResponse { NodeId = options.NodeId, MaxVolumesPerNode = options.MaxVolumes, AccessibleTopology = topology });
    }

    private static void RequireId(string id)
    {
        if (id.Length == 0)
            throw Refusal.Invalid("The volume id is missing.");
    }

    private static void RequirePath(string path, string what)
    {
        if (path.Length == 0)
            throw Refusal.Invalid($"The {what} is missing.");
        if (Encoding.UTF8.GetByteCount(path) > CsiLimits.MaxPathBytes || path.Contains('\0', StringComparison.Ordinal))
            throw Refusal.Invalid($"The {what} is no path.");
    }

    private void RequireCapability(VolumeCapability? capability)
    {
        if (CapabilityRules.WhyRefused(capability, options) is { } reason)
            throw Refusal.Invalid(reason);
    }

    private static VolumeHandle Handle(string id) => VolumeHandle.TryParse(id) ?? throw Refusal.NotFound($"There is no volume with the id '{id}'.");

    /// <summary>What mountd is to mount.</summary>
    private MountOptions OptionsFor(VolumeHandle handle, VolumeCapability capability, string directory)
    {
        var wanted = CapabilityRules.Apply(
            new MountOptions { Volume = handle.Name, Directory = directory, Managers = managers.Addresses(handle.Managers) }, capability.Mount.MountFlags, options);
        return wanted with
        {
            AllowOther = true,
            ReadOnly = wanted.ReadOnly || CapabilityRules.IsReadOnly(capability),
            Group = CapabilityRules.Group(capability) ?? wanted.Group,
            ClientName = $"CSI on {options.NodeId}",
            LogLevel = options.LogLevel,
        };
    }

    private static bool AreAlike(MountOptions one, MountOptions other) =>
        one.Volume == other.Volume && one.ReadOnly == other.ReadOnly && one.Group == other.Group && one.Managers.SequenceEqual(other.Managers);

    private async Task MountAsync(MountOptions mount, CancellationToken cancellation)
    {
        try
        {
            await mountd.MountAsync(mount, CsiLimits.MountLimit, cancellation);
        }
        catch (MountdException problem)
        {
            throw Translate(problem);
        }
    }

    private static RpcException Translate(MountdException problem) => Refusal.Of(
        problem.Code switch
        {
            FailureCode.NotFound => StatusCode.NotFound,
            FailureCode.Exists => StatusCode.AlreadyExists,
            FailureCode.Busy => StatusCode.Aborted,
            FailureCode.Invalid => StatusCode.InvalidArgument,
            FailureCode.Unavailable => StatusCode.Unavailable,
            FailureCode.Timeout => StatusCode.DeadlineExceeded,
            _ => StatusCode.Internal,
        },
        problem.Message);

    /// <summary>Runs what may fail in the system, and says so in the interface's words.</summary>
    private static async Task<T> SystemAsync<T>(Func<Task<T>> work)
    {
        try
        {
            return await work();
        }
        catch (TimeoutException problem)
        {
            throw Refusal.Unavailable(problem.Message);
        }
        catch (FuseException problem) when (problem.Errno == FuseErrno.EBUSY)
        {
            throw Refusal.State(problem.Message);
        }
        catch (IOException problem)
        {
            throw Refusal.Failed(problem.Message);
        }
    }

    [LoggerMessage(9201, LogLevel.Warning, "The mount of {Volume} on {Path} is dead (its mountd and this plugin were gone at the same time); mounting again")]
    private partial void LogDead(string volume, string path);
}
