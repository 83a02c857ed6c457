using SealFs.Core.Control.V1;

namespace SealFs.Cli.Cluster;

/// <summary>A storage node as the commands print it.</summary>
internal sealed record NodeView(
    uint Id, string Name, string State, string Health, string HealthText, string Address, string Zone, double Weight, uint PrimaryShards, uint ReplicaShards,
    ulong ShardBytes, ulong CapacityBytes, ulong FreeBytes, ulong MetadataCapacityBytes, ulong MetadataFreeBytes, DrainView? Drain,
    DateTimeOffset? MaintenanceUntil, ulong LeaseLeftMs, ulong MapVersion, ulong Incarnation)
{
    public static NodeView Of(NodeStatus status) => new(
        status.Node.Id, status.Node.Name, status.Node.State == NodeState.Live ? "live" : "dead", status.Health.ToString().ToLowerInvariant(), status.HealthText,
        status.Node.Address, status.Node.Zone, status.Node.Weight, status.PrimaryShards, status.ReplicaShards, status.ShardBytes, status.CapacityBytes,
        status.FreeBytes, status.MetadataCapacityBytes, status.MetadataFreeBytes, status.Drain is { } drain ? DrainView.Of(drain) : null,
        status.MaintenanceUntilUnixMs == 0 ? null : DateTimeOffset.FromUnixTimeMilliseconds(status.MaintenanceUntilUnixMs), status.LeaseLeftMs,
        status.MapVersion, status.Incarnation);

    /// <summary>What is being done with it, in a few words.</summary>
    public string Activity(DateTimeOffset now) => string.Join(
        ", ",
        new[]
        {
            Drain is { Done: true } ? "drained" : Drain is { } drain ? $"draining ({drain.ShardsLeft} left)" : "",
            MaintenanceUntil is { } until && until > now ? $"maintenance ({ProgressText.Time(until - now)})" : "",
        }.Where(text => text.Length > 0));
}
