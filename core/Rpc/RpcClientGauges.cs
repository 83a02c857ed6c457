namespace SealFs.Core.Rpc;

/// <summary>Sums over all client connections of the process, read when metrics are collected.</summary>
internal static class RpcClientGauges
{
    private static readonly Lock s_gate = new();
    private static readonly HashSet<RpcConnection> s_connections = [];

    static RpcClientGauges()
    {
        RpcMetrics.Observe("sealfs.rpc.client.inflight", "{call}", "Requests sent and not yet answered.", () => Sum(connection => connection.InFlight));
        RpcMetrics.Observe("sealfs.rpc.client.waiting", "{call}", "Calls waiting for a connection or for room.", () => Sum(connection => connection.Waiting));
        RpcMetrics.Observe("sealfs.rpc.buffers", "By", "Native memory of buffers in use, both sides.", () => RpcBuffer.UsedBytes);
    }

    public static void Add(RpcConnection connection)
    {
        lock (s_gate)
            s_connections.Add(connection);
    }

    public static void Remove(RpcConnection connection)
    {
        lock (s_gate)
            s_connections.Remove(connection);
    }

    private static long Sum(Func<RpcConnection, long> read)
    {
        lock (s_gate)
            return s_connections.Sum(read);
    }
}
