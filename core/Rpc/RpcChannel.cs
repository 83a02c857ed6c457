namespace SealFs.Core.Rpc;

/// <summary>Makes the connection to a peer: over the network (<see cref="RpcChannel.Connect"/>), or over a simulated one.</summary>
public delegate RpcChannel RpcConnector(RpcEndpoint endpoint, RpcClientOptions options);

/// <summary>
/// What those who ask need of a connection to a peer, whatever carries the frames. <see cref="RpcConnection"/> is the one over sockets; its rules hold for all.
/// </summary>
public abstract class RpcChannel(RpcEndpoint endpoint) : IAsyncDisposable
{
    /// <summary>A connection came up or was lost. Attach before the first call.</summary>
    public event RpcConnectionChanged? ConnectionChanged;

    public static RpcConnector Connect { get; } = static (endpoint, options) => new RpcConnection(endpoint, options);

    public RpcEndpoint Endpoint { get; } = endpoint;

    /// <summary>
    /// Sends a request whose body was encoded before; it is copied before this returns. Await the result exactly once and dispose it. The payload is borrowed until then.
    /// </summary>
    public abstract ValueTask<RpcResponse> CallAsync(in RpcCall call, ReadOnlySpan<byte> body, Payload payload = default, CancellationToken cancellation = default);

    public abstract ValueTask DisposeAsync();

    protected void RaiseChanged(in RpcConnectionChange change) => ConnectionChanged?.Invoke(this, in change);
}
