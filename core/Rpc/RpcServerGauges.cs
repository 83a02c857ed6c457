namespace SealFs.Core.Rpc;

/// <summary>Sums over all servers of the process, read when metrics are collected.</summary>
internal static class RpcServerGauges
{
    private static readonly Lock s_gate = new();
    private static readonly HashSet<RpcServer> s_servers = [];

    static RpcServerGauges()
    {
        RpcMetrics.Observe("sealfs.rpc.server.held", "{request}", "Requests received and not yet answered.", () => Sum(link => link.HeldRequests));
        RpcMetrics.Observe("sealfs.rpc.server.queued", "By", "Bytes of answers that sockets have not taken yet.", () => Sum(link => link.Queue.QueuedBytes));
        RpcMetrics.Observe("sealfs.rpc.memory", "By", "Native memory of all connections: frames being received, requests, answers.", () => RpcBufferPool.UsedBytes);
        RpcMetrics.Observe("sealfs.rpc.server.waiting", "{connection}", "Connections that are not read from because the memory for all of them is used up.", CountWaiting);
    }

    public static void Add(RpcServer server)
    {
        lock (s_gate)
            s_servers.Add(server);
    }

    public static void Remove(RpcServer server)
    {
        lock (s_gate)
            s_servers.Remove(server);
    }

    private static long CountWaiting()
    {
        lock (s_gate)
            return s_servers.Sum(server => server.Memory.WaitingCount);
    }

    private static long Sum(Func<ServerLink, long> read)
    {
        lock (s_gate)
            return s_servers.Sum(server => server.Sum(read));
    }
}
