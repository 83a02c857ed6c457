using System.Diagnostics.Metrics;

namespace SealFs.Core.Rpc;

/// <summary>The vocabulary of the meter "SealFs.Rpc". Nothing here costs more than a test of a flag while nobody listens.</summary>
public static class RpcMetrics
{
    public const string MeterName = "SealFs.Rpc";

    private static readonly Meter s_meter = new(MeterName);

    private static readonly Counter<long> s_sentBytes = s_meter.CreateCounter<long>("sealfs.rpc.sent", "By", "Bytes handed to sockets.");
    private static readonly Counter<long> s_receivedBytes = s_meter.CreateCounter<long>("sealfs.rpc.received", "By", "Bytes taken from sockets.");

    private static readonly Histogram<double> s_callSeconds =
        s_meter.CreateHistogram<double>("sealfs.rpc.client.duration", "s", "From CallAsync to the answer, retries not included.", [], LatencyBuckets.Advice);

    private static readonly Counter<long> s_failedCalls =
        s_meter.CreateCounter<long>("sealfs.rpc.client.failed", "{call}", "Calls that ended without an answer, by reason.");

    private static readonly UpDownCounter<long> s_clientConnections =
        s_meter.CreateUpDownCounter<long>("sealfs.rpc.client.connections", "{connection}", "Connections that are up, client side.");

    private static readonly UpDownCounter<long> s_serverConnections =
        s_meter.CreateUpDownCounter<long>("sealfs.rpc.server.connections", "{connection}", "Connections that are up, server side.");

    private static readonly Counter<long> s_malformed =
        s_meter.CreateCounter<long>("sealfs.rpc.server.malformed", "{frame}", "Frames that ended their connection.");

    private static readonly Counter<long> s_pauses =
        s_meter.CreateCounter<long>("sealfs.rpc.server.pauses", "{pause}", "Times the server stopped reading from a connection that asked too much or read too slowly.");

    internal static bool MeasuresCalls => s_callSeconds.Enabled;

    internal static void Sent(long bytes) => s_sentBytes.Add(bytes);

    internal static void Received(long bytes) => s_receivedBytes.Add(bytes);

    internal static void Called(double seconds) => s_callSeconds.Record(seconds);

    internal static void Failed(Errno status) => s_failedCalls.Add(1, new KeyValuePair<string, object?>("reason", status.ToString()));

    internal static void ClientConnections(int change) => s_clientConnections.Add(change);

    internal static void ServerConnections(int change) => s_serverConnections.Add(change);

    internal static void Malformed() => s_malformed.Add(1);

    internal static void Paused() => s_pauses.Add(1);

    /// <summary>Registers a gauge over live objects: read when metrics are collected, free of charge otherwise.</summary>
    internal static void Observe(string name, string unit, string description, Func<long> read) => s_meter.CreateObservableGauge(name, read, unit, description);
}
