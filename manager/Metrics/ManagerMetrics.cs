using System.Diagnostics;
using System.Diagnostics.Metrics;
using SealFs.Core;
using SealFs.Core.Security;

namespace SealFs.Manager.Metrics;

/// <summary>The manager's meter. Names follow OpenTelemetry's conventions; latencies are in seconds.</summary>
internal sealed class ManagerMetrics : IDisposable
{
    public const string MeterName = "SealFs.Manager";

    private readonly Meter meter = new(MeterName);
    private readonly Counter<long> heartbeats;
    private readonly Histogram<double> calls;
    private readonly Histogram<double> pauses;

    /// <param name="plane">What is measured.</param>
    /// <param name="credentials">The manager's own; null: it has none.</param>
    /// <param name="clock">What their times are compared with.</param>
    public ManagerMetrics(ControlPlane plane, ICredentialSource? credentials, TimeProvider clock)
    {
        if (credentials is not null)
        {
            meter.CreateObservableGauge(
                "sealfs.manager.certificate.left", () => (credentials.Current!.ExpiresAt - clock.GetUtcNow()).TotalSeconds, "s", "Time until the manager's certificate expires");
        }
        heartbeats = meter.CreateCounter<long>("sealfs.manager.heartbeats", description: "Heartbeats answered");
        calls = meter.CreateHistogram<double>("sealfs.manager.call.duration", "s", "Time to answer a call of the control plane", [], LatencyBuckets.Advice);
        pauses = meter.CreateHistogram<double>("sealfs.manager.move.pause", "s", "How long nobody served a shard that changed nodes", [], LatencyBuckets.Advice);
        meter.CreateObservableGauge("sealfs.manager.moves", () => Moves(plane.MoveCounts), description: "Moves of shards by phase");
        meter.CreateObservableCounter(
            "sealfs.manager.moves.completed", () => (long)plane.MoveCounts.Completed, description: "Moves made since the manager's store was made");
        meter.CreateObservableCounter("sealfs.manager.moves.bytes", () => (long)plane.MoveCounts.Bytes, "By", "Bytes copied by moves that were made");
        meter.CreateObservableGauge("sealfs.manager.map.version", () => (long)plane.Maps.Current.Version, description: "Version of the cluster map");
        meter.CreateObservableGauge("sealfs.manager.nodes", () => Nodes(plane.Counts), description: "Storage nodes by state");
        meter.CreateObservableGauge("sealfs.manager.nodes.failed", () => plane.FailedNodes, description: "Storage nodes that serve nothing because a disk has failed");
        meter.CreateObservableGauge("sealfs.manager.shards.unavailable", () => plane.Space.ShardsUnavailable, "{shard}", "Shards whose node is not live");
        meter.CreateObservableGauge("sealfs.manager.capacity", () => (long)plane.Space.CapacityBytes, "By", "Size of the data disks of live nodes");
        meter.CreateObservableGauge("sealfs.manager.free", () => (long)plane.Space.FreeBytes, "By", "Free space on the data disks of live nodes");
        meter.CreateObservableGauge("sealfs.manager.volumes", () => plane.Counts.Volumes, description: "Active volumes");
        meter.CreateObservableGauge("sealfs.manager.sessions", () => plane.Counts.Sessions, description: "Live client sessions");
    }

    public void CountHeartbeat() => heartbeats.Add(1);

    public void RecordPause(TimeSpan pause) => pauses.Record(pause.TotalSeconds);

    public void RecordCall(string method, Grpc.Core.StatusCode outcome, TimeSpan duration) =>
        calls.Record(duration.TotalSeconds, new TagList { { "method", method }, { "code", outcome.ToString() } });

    public void Dispose() => meter.Dispose();

    private static Measurement<int>[] Nodes((int Live, int Dead, int Volumes, int Sessions) counts) =>
    [
        new(counts.Live, new KeyValuePair<string, object?>("state", "live")),
        new(counts.Dead, new KeyValuePair<string, object?>("state", "dead")),
    ];

    private static Measurement<int>[] Moves((int Waiting, int Copying, int Switching, int Dropping, ulong Completed, ulong Bytes) counts) =>
    [
        new(counts.Waiting, new KeyValuePair<string, object?>("phase", "waiting")),
        new(counts.Copying, new KeyValuePair<string, object?>("phase", "copying")),
        new(counts.Switching, new KeyValuePair<string, object?>("phase", "switching")),
        new(counts.Dropping, new KeyValuePair<string, object?>("phase", "dropping")),
    ];
}
