using SealFs.Core;
using SealFs.Core.Placement;

namespace SealFs.StorageNode.Shards;

/// <summary>The shards that this node serves, by the cluster map it has. A shard's state is read when it is used first.</summary>
public sealed class ShardTable : IDisposable
{
    private readonly NodeContext _node;
    private readonly Lock _gate = new();
    private Shard?[] _shards = [];
    private Epoch[] _epochs = [];

    internal ShardTable(NodeContext node) => _node = node;

    /// <summary>Shards of the cluster; 0 before the first map.</summary>
    public uint ShardCount => (uint)_epochs.Length;

    /// <summary>The shard, when this node serves it in this epoch.</summary>
    public Shard? Find(ShardId id, Epoch epoch)
    {
        var shards = _shards;
        if (id.Value >= (uint)shards.Length)
            return null;
        var shard = shards[id.Value] ?? Open(id);
        return shard is not null && shard.Epoch == epoch ? shard : null;
    }

    /// <summary>The shard in whatever epoch this node serves it; null when another node does.</summary>
    public Shard? Find(ShardId id) => id.Value >= (uint)_shards.Length ? null : _shards[id.Value] ?? Open(id);

    /// <summary>Every shard that this node serves, opened.</summary>
    public IEnumerable<Shard> All()
    {
        for (var id = 0u; id < ShardCount; id++)
        {
            if (Find(new ShardId(id)) is { } shard)
                yield return shard;
        }
    }

    /// <summary>Every shard that was used since the node started.</summary>
    public IEnumerable<Shard> Opened() => _shards.Where(shard => shard is not null)!;

    /// <summary>Follows a newer map: shards that came are served, those that went are refused.</summary>
    public void Follow(ClusterMap map, NodeId self)
    {
        lock (_gate)
        {
            var epochs = new Epoch[map.ShardCount];
            var shards = new Shard?[map.ShardCount];
            for (var id = 0u; id < map.ShardCount; id++)
            {
                var assignment = map[new ShardId(id)];
                if (assignment.Primary != self)
                    continue;
                epochs[id] = assignment.Epoch;
                shards[id] = id < _shards.Length ? _shards[id] : null;
                if (shards[id] is { } shard)
                    shard.Epoch = assignment.Epoch;
            }

            _epochs = epochs;
            Volatile.Write(ref _shards, shards);
        }
    }

    public void Dispose()
    {
        foreach (var shard in Opened())
            shard.Dispose();
    }

    private Shard? Open(ShardId id)
    {
        lock (_gate)
        {
            if (id.Value >= (uint)_shards.Length || _epochs[id.Value].Value == 0)
                return null;
            return _shards[id.Value] ??= new Shard(_node, id, _epochs[id.Value]);
        }
    }
}
