namespace SealFs.StorageNode.Shards;

/// <summary>Keeps answered requests for reuse.</summary>
internal sealed class NodeRequestPool(NodeContext node)
{
    private readonly Lock _gate = new();
    private readonly NodeRequest[] _free = new NodeRequest[NodeLimits.PooledRequests];
    private int _count;

    public NodeRequest Rent()
    {
        lock (_gate)
        {
            if (_count > 0)
                return _free[--_count];
        }

        return new NodeRequest(node);
    }

    public void Return(NodeRequest request)
    {
        request.Release();
        lock (_gate)
        {
            if (_count < _free.Length)
                _free[_count++] = request;
        }
    }
}
