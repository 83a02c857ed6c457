using SealFs.Core.Rpc;
using SealFs.StorageNode.Shards;

namespace SealFs.StorageNode.Hosting;

/// <summary>Keeps the adapters between connections and the dispatcher for reuse.</summary>
internal sealed class RpcRequestSourcePool
{
    private readonly Lock _gate = new();
    private readonly RpcRequestSource[] _free = new RpcRequestSource[NodeLimits.PooledRequests];
    private int _count;

    public RpcRequestSource Rent(RpcServerRequest request)
    {
        RpcRequestSource? source = null;
        lock (_gate)
        {
            if (_count > 0)
                source = _free[--_count];
        }

        source ??= new RpcRequestSource(this);
        source.Bind(request);
        return source;
    }

    public void Return(RpcRequestSource source)
    {
        lock (_gate)
        {
            if (_count < _free.Length)
                _free[_count++] = source;
        }
    }
}
