namespace SealFs.StorageNode.Shards;

/// <summary>Holds a shard's gate until it is disposed.</summary>
public readonly ref struct ShardScope
{
    private readonly Shard _shard;

    internal ShardScope(Shard shard) => _shard = shard;

    public void Dispose() => _shard.Exit();
}
