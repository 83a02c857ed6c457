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

    private static long Sum(Func<ServerLink, long> read)
    {
        lock (s_gate)
            return s_servers.Sum(server => server.Sum(read));
    }
}
