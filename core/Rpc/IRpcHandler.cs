namespace SealFs.Core.Rpc;

/// <summary>
/// What a server does with requests. All methods run on event loop threads and must not block: what has to wait for a disk replies later, from
/// any thread.
/// </summary>
public interface IRpcHandler
{
    /// <summary>A connection was accepted. Its first request is Hello.</summary>
    void OnConnected(RpcPeer peer);

    /// <summary>Executes a request, or arranges that; every request gets exactly one Reply call. An exception answers EIO.</summary>
    void Handle(RpcServerRequest request);

    /// <summary>The connection is gone. Replies to its requests are still due, and are dropped.</summary>
    void OnDisconnected(RpcPeer peer, string reason);

    /// <summary>
    /// All requests that had arrived on this thread's connections were handled; answers leave now. A handler that collects work to do it in one
    /// batch does it here.
    /// </summary>
    void OnBatchCompleted()
    {
    }
}
