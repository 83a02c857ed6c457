using SealFs.Core.Control.V1;

namespace SealFs.Cli.Cluster;

/// <summary>A storage node as the commands print it.</summary>
internal sealed record NodeView(
    uint Id, string Name, string State, string Health, string HealthText, string Address, string Zone, double Weight, uint PrimaryShards, uint ReplicaShards,
    ulong CapacityBytes, ulong FreeBytes, ulong MetadataCapacityBytes, ulong MetadataFreeBytes, ulong LeaseLeftMs, ulong MapVersion, ulong Incarnation)
{
    public static NodeView Of(NodeStatus status) => new(
        status.Node.Id, status.Node.Name, status.Node.State == NodeState.Live ? "live" : "dead", status.Health.ToString().ToLowerInvariant(), status.HealthText,
        status.Node.Address, status.Node.Zone, status.Node.Weight, status.PrimaryShards, status.ReplicaShards, status.CapacityBytes, status.FreeBytes,
        status.MetadataCapacityBytes, status.MetadataFreeBytes, status.LeaseLeftMs, status.MapVersion, status.Incarnation);
}
