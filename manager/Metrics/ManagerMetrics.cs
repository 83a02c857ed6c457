using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace SealFs.Manager.Metrics;

/// <summary>The manager's meter. Names follow OpenTelemetry's conventions; latencies are in seconds.</summary>
internal sealed class ManagerMetrics : IDisposable
{
    public const string MeterName = "SealFs.Manager";

    private readonly Meter meter = new(MeterName);
    private readonly Counter<long> heartbeats;
    private readonly Histogram<double> calls;

    public ManagerMetrics(ControlPlane plane)
    {
        heartbeats = meter.CreateCounter<long>("sealfs.manager.heartbeats", description: "Heartbeats answered");
        calls = meter.CreateHistogram<double>("sealfs.manager.call.duration", "s", "Time to answer a call of the control plane");
        meter.CreateObservableGauge("sealfs.manager.map.version", () => (long)plane.Maps.Current.Version, description: "Version of the cluster map");
        meter.CreateObservableGauge("sealfs.manager.nodes", () => Nodes(plane.Counts), description: "Storage nodes by state");
        meter.CreateObservableGauge("sealfs.manager.volumes", () => plane.Counts.Volumes, description: "Active volumes");
        meter.CreateObservableGauge("sealfs.manager.sessions", () => plane.Counts.Sessions, description: "Live client sessions");
    }

    public void CountHeartbeat() => heartbeats.Add(1);

    public void RecordCall(string method, Grpc.Core.StatusCode outcome, TimeSpan duration) =>
        calls.Record(duration.TotalSeconds, new TagList { { "method", method }, { "code", outcome.ToString() } });

    public void Dispose() => meter.Dispose();

    private static Measurement<int>[] Nodes((int Live, int Dead, int Volumes, int Sessions) counts) =>
    [
        new(counts.Live, new KeyValuePair<string, object?>("state", "live")),
        new(counts.Dead, new KeyValuePair<string, object?>("state", "dead")),
    ];
}
