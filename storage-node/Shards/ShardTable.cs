using SealFs.Core;
using SealFs.Core.Placement;
using SealFs.StorageNode.Replication;

namespace SealFs.StorageNode.Shards;

/// <summary>
/// The shards that this node serves, by the cluster map it has and by what it holds (<see cref="HeldCopies"/>). A shard's state is read when it is used first. A shard that was handed over is
/// kept aside for its learner.
/// </summary>
public sealed class ShardTable : IDisposable
{
    private readonly NodeContext _node;
    private readonly Lock _gate = new();
    private readonly Dictionary<ShardId, Shard> _retired = [];
    private Shard?[] _shards = [];
    private Epoch[] _epochs = [];

    internal ShardTable(NodeContext node) => _node = node;

    /// <summary>Shards of the cluster; 0 before the first map.</summary>
    public uint ShardCount => (uint)_epochs.Length;

    /// <summary>The shard, when this node serves it in this epoch.</summary>
    public Shard? Find(ShardId id, Epoch epoch) => Find(id) is { } shard && shard.Epoch == epoch ? shard : null;

    /// <summary>The shard in whatever epoch this node serves it; null when another node does.</summary>
    public Shard? Find(ShardId id)
    {
        var shards = _shards;
        if (id.Value >= (uint)shards.Length)
            return null;
        var shard = shards[id.Value] ?? Open(id);
        return shard is { IsRetired: false } ? shard : null;
    }

    /// <summary>The shard, when it is in use: nothing is opened.</summary>
    internal Shard? Peek(ShardId id)
    {
        var shards = _shards;
        return id.Value < (uint)shards.Length ? shards[id.Value] : null;
    }

    /// <summary>
    /// Where a write of the shard's chunks is entered for a learner; null without one. Also when the shard has just retired: whoever was in a chunk then is waited for, and what he wrote is the
    /// end of the log.
    /// </summary>
    internal EffectLog? LogOf(ShardId id)
    {
        if (Peek(id) is { } shard)
            return shard.Log;
        lock (_gate)
            return (Peek(id) ?? _retired.GetValueOrDefault(id))?.Log;
    }

    /// <summary>As <see cref="Find(ShardId, Epoch)"/>, or the shard as it was handed over in this epoch.</summary>
    internal Shard? FindForLearner(ShardId id, Epoch epoch)
    {
        if (Find(id, epoch) is { } serving)
            return serving;
        lock (_gate)
            return _retired.GetValueOrDefault(id) is { } retired && retired.Epoch == epoch ? retired : null;
    }

    /// <summary>Every shard that this node serves, opened.</summary>
    public IEnumerable<Shard> All()
    {
        for (var id = 0u; id < ShardCount; id++)
        {
            if (Find(new ShardId(id)) is { } shard)
                yield return shard;
        }
    }

    /// <summary>Every shard that was used since the node started, and is served.</summary>
    public IEnumerable<Shard> Opened() => _shards.Where(shard => shard is { IsRetired: false })!;

    /// <summary>The shards that this node serves, opened or not.</summary>
    internal IEnumerable<ShardId> Served()
    {
        var epochs = _epochs;
        for (var id = 0u; id < (uint)epochs.Length; id++)
        {
            if (epochs[id].Value != 0)
                yield return new ShardId(id);
        }
    }

    internal bool IsServed(ShardId id)
    {
        var epochs = _epochs;
        return id.Value < (uint)epochs.Length && epochs[id.Value].Value != 0;
    }

    /// <summary>Follows a newer map: shards that came are served, those that went are refused.</summary>
    public void Follow(ClusterMap map, NodeId self)
    {
        var came = new List<ShardId>();
        var left = new List<(ShardId Id, Epoch Epoch, Shard? Shard)>();
        lock (_gate)
        {
            _node.Copies.Follow(map, self);
            var epochs = new Epoch[map.ShardCount];
            var shards = new Shard?[map.ShardCount];
            for (var index = 0u; index < map.ShardCount; index++)
            {
                var id = new ShardId(index);
                var before = index < _epochs.Length ? _epochs[index] : default;
                var assignment = map[id];
                if (assignment.Primary != self || !_node.Copies.MayServe(id, assignment.Epoch))
                {
                    if (before.Value != 0)
                        left.Add((id, before, SetAside(_shards[index])));
                    continue;
                }

                epochs[index] = assignment.Epoch;
                if (before.Value == 0)
                    came.Add(id);
                else if (_shards[index] is { } shard)
                    (shards[index] = shard).Epoch = assignment.Epoch;
            }

            // Their usage counts before they can be used.
            _node.ShardsCame(came);
            foreach (var id in came)
            {
                Forget(id);
                _node.Copies.Served(id);
            }

            _epochs = epochs;
            Volatile.Write(ref _shards, shards);
        }

        foreach (var (id, epoch, shard) in left)
            Leave(id, epoch, shard);
    }

    /// <summary>The shard has been handed over.</summary>
    internal void Retired(Shard shard)
    {
        lock (_gate)
        {
            // Whoever followed a map just now has set it aside already, because of the row; or serves the shard again, in a later epoch.
            var index = shard.Id.Value;
            if (!ReferenceEquals(_shards[index], shard))
                return;
            SetAside(shard);
            _shards[index] = null;
            _epochs[index] = default;
        }
    }

    /// <summary>What was kept of a shard that was handed over is needed no more.</summary>
    internal void ForgetRetired(ShardId id)
    {
        lock (_gate)
            Forget(id);
    }

    public void Dispose()
    {
        foreach (var shard in _shards)
            shard?.Dispose();
        foreach (var shard in _retired.Values)
            shard.Dispose();
    }

    /// <summary>With the gate held, before the shard is taken out. It has retired or is about to, and its learner has to fetch the rest of its log.</summary>
    private Shard? SetAside(Shard? shard)
    {
        if (shard is { Log: not null })
            _retired[shard.Id] = shard;
        return shard;
    }

    /// <summary>A map took the shard away without asking for it: nobody else has what is in it, unless he copied it.</summary>
    private void Leave(ShardId id, Epoch epoch, Shard? shard)
    {
        var copy = new HeldCopy(HeldState.Retired, epoch, 0, default);
        if (shard is null)
        {
            _node.ShardLeft(id);
            _node.Copies.Put(id, copy);
        }
        else if (shard.Retire(copy))
        {
            lock (_gate)
                Forget(id);
            shard.Abandon();
        }

        _node.ShardGone(id);
    }

    private void Forget(ShardId id)
    {
        if (_retired.Remove(id, out var shard))
            shard.Abandon();
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
