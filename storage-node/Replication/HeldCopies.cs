using SealFs.Core;
using SealFs.Core.Messages;
using SealFs.Core.Placement;
using SealFs.StorageNode.Engine;
using SealFs.StorageNode.Shards;

namespace SealFs.StorageNode.Replication;

/// <summary>
/// The shards of which this node has something without serving them, and whether a map may make it serve one. In memory and in rows, which are written before anything that follows from them
/// happens. Its lock is a leaf, but for the engine.
/// </summary>
public sealed class HeldCopies
{
    private readonly IMetadataEngine _engine;
    private readonly Lock _gate = new();
    private readonly Dictionary<ShardId, HeldCopy> _copies = [];
    private readonly Dictionary<ShardId, List<HandedReference>> _references = [];

    internal HeldCopies(IMetadataEngine engine)
    {
        _engine = engine;
        using var rows = engine.Scan(Table.Metadata, [0xFF, 0xFF, 0xFF, 0xFF, (byte)'H'], [0xFF, 0xFF, 0xFF, 0xFF, (byte)'I']);
        while (rows.MoveNext())
            _copies.Add(HeldCopy.ShardOf(rows.Key), HeldCopy.Decode(rows.Value));
    }

    /// <summary>Everything, for reports.</summary>
    public List<KeyValuePair<ShardId, HeldCopy>> List()
    {
        lock (_gate)
            return [.. _copies];
    }

    public bool TryGet(ShardId shard, out HeldCopy copy)
    {
        lock (_gate)
            return _copies.TryGetValue(shard, out copy);
    }

    /// <summary>
    /// Whether this node may serve the shard in an epoch in which the map names it. What it retired it serves in a later epoch, which the manager makes when the move was called off; what it
    /// copied, when the copy is complete. A part of a copy is never served.
    /// </summary>
    public bool MayServe(ShardId shard, Epoch epoch) =>
        !TryGet(shard, out var copy) || (copy.State is HeldState.Retired or HeldState.Complete && epoch.Value > copy.Epoch.Value);

    /// <summary>Returns when the row is written; not synced.</summary>
    internal void Put(ShardId shard, HeldCopy copy)
    {
        lock (_gate)
        {
            using var batch = new EffectBatch();
            Stage(batch, shard, copy);
            _engine.Apply(batch);
            _copies[shard] = copy;
        }
    }

    /// <summary>Something of the shard is here and no row says why: a leftover of unknown age.</summary>
    internal void Note(ShardId shard)
    {
        lock (_gate)
            _copies.TryAdd(shard, new HeldCopy(HeldState.Retired, default, 0, default));
    }

    /// <summary>Nothing is left of the shard.</summary>
    internal void Remove(ShardId shard)
    {
        lock (_gate)
            _references.Remove(shard);
        Served(shard);
    }

    /// <summary>The shard is served from here, from now on.</summary>
    internal void Served(ShardId shard)
    {
        lock (_gate)
        {
            if (!_copies.ContainsKey(shard))
                return;
            using var batch = new EffectBatch();
            Span<byte> key = stackalloc byte[HeldCopy.KeyBytes];
            batch.Delete(Table.Metadata, HeldCopy.Key(key, shard));
            _engine.Apply(batch);
            _copies.Remove(shard);
        }
    }

    /// <summary>A map has decided against copies that were ready to take over: they are worth nothing any more.</summary>
    internal void Follow(ClusterMap map, NodeId self)
    {
        foreach (var (shard, copy) in List())
        {
            if (copy.State != HeldState.Complete || !map.Contains(shard) || map.PrimaryOf(shard) == self || map.EpochOf(shard).Value <= copy.Epoch.Value)
                continue;
            Put(shard, copy with { State = HeldState.Copying });
            lock (_gate)
                _references.Remove(shard);
        }
    }

    /// <summary>The references that came with a shard, for whoever opens it.</summary>
    internal void Keep(ShardId shard, List<HandedReference> references)
    {
        lock (_gate)
            _references[shard] = references;
    }

    internal void TakeReferences(Shard shard)
    {
        List<HandedReference>? references;
        lock (_gate)
            _references.Remove(shard.Id, out references);
        foreach (var reference in references ?? [])
            shard.Opens.TryAdd(reference.Inode, reference.Session, reference.Stamp);
    }

    private static void Stage(EffectBatch batch, ShardId shard, HeldCopy copy)
    {
        Span<byte> key = stackalloc byte[HeldCopy.KeyBytes];
        Span<byte> value = stackalloc byte[HeldCopy.ValueBytes];
        batch.Put(Table.Metadata, HeldCopy.Key(key, shard), copy.Encode(value));
    }
}
