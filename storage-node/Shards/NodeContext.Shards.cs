using System.Buffers.Binary;
using System.Collections.Concurrent;
using SealFs.Core;
using SealFs.Core.Messages;
using SealFs.StorageNode.Engine;
using SealFs.StorageNode.Replication;

namespace SealFs.StorageNode.Shards;

/// <summary>
/// Shards that come and leave. The usage of the served ones counts; that of a shard which was handed over is told to the manager along with it until the manager says that the new owner has
/// told it, so that its sum never lacks it.
/// </summary>
public sealed partial class NodeContext
{
    private readonly ConcurrentDictionary<ShardId, Dictionary<VolumeId, VolumeUsageDelta>> _leaving = new();

    /// <summary>What this node knows of a shard that it does not serve in the epoch that was asked for; false when that is nothing new to whoever asked.</summary>
    internal bool TryHint(ShardId shard, Epoch asked, out EpochHint hint)
    {
        hint = default;
        if (Map is { } map && map.Contains(shard))
            hint = new EpochHint(map.EpochOf(shard), map.PrimaryOf(shard));
        if (Copies.TryGet(shard, out var copy) && copy is { State: HeldState.Retired, Target.Value: not 0 } && copy.Epoch.Value >= hint.Epoch.Value)
            hint = new EpochHint(new Epoch(copy.Epoch.Value + 1), copy.Target);
        if (hint.Primary.Value == 0)
            return false;
        return hint.Primary == Identity.Node ? hint.Epoch.Value > asked.Value && Shards.IsServed(shard) : hint.Epoch.Value >= asked.Value;
    }

    /// <summary>The node that serves a shard, as far as is known here; none (0) before the first map.</summary>
    internal NodeId WhereIs(ShardId shard) =>
        TryHint(shard, default, out var hint) ? hint.Primary : Map is { } map && map.Contains(shard) ? map.PrimaryOf(shard) : default;

    /// <summary>What is used by shards that were handed over and still have to be told to the manager as used here.</summary>
    internal VolumeUsageDelta Leaving(VolumeId volume)
    {
        var sum = default(VolumeUsageDelta);
        foreach (var usage in _leaving.Values)
        {
            if (usage.TryGetValue(volume, out var part))
                sum = new VolumeUsageDelta(sum.Bytes + part.Bytes, sum.Inodes + part.Inodes);
        }

        return sum;
    }

    /// <summary>The manager knows the shard's usage from its new owner, or the shard is served here again.</summary>
    internal void HasLeft(ShardId shard) => _leaving.TryRemove(shard, out _);

    /// <summary>Shards that are served from now on.</summary>
    internal void ShardsCame(List<ShardId> shards)
    {
        // When there are many (the first map), the engine says which of them have anything; few are asked for.
        if (shards.Count > 256)
        {
            var wanted = shards.ToHashSet();
            VisitUsage((shard, volume, usage) =>
            {
                if (wanted.Contains(shard))
                    Usage(volume).Move(usage);
            });
        }
        else
        {
            foreach (var shard in shards)
                Visit(shard, volume => Usage(volume.Key).Move(volume.Value));
        }

        foreach (var shard in shards)
            HasLeft(shard);
    }

    /// <summary>A shard that was not opened is served no more.</summary>
    internal void ShardLeft(ShardId shard) =>
        Visit(shard, volume => Usage(volume.Key).Move(new VolumeUsageDelta(-volume.Value.Bytes, -volume.Value.Inodes)));

    /// <summary>The shard has retired: its usage goes on being told, and nothing of it stays in memory. Waits for whoever is in one of its chunks.</summary>
    internal void ShardGone(ShardId shard)
    {
        _leaving[shard] = UsageOf(shard);
        Contents?.ShardLeft(shard);
        RequestHeartbeat();
    }

    /// <summary>Everything that the engine has of shards for which there is no reason; asked once, after the first map.</summary>
    internal void NoteLeftovers()
    {
        VisitShards(shard =>
        {
            if (!Shards.IsServed(shard))
                Copies.Note(shard);
        });
    }

    /// <summary>
    /// Gives every shard of which there is anything here a new write verifier: what was acknowledged before may be lost. Returns when they are on stable storage. Before the first shard is opened.
    /// </summary>
    internal void RenewVerifiers()
    {
        using var batch = new EffectBatch();
        VisitShards(shard => VerifierRow.Stage(batch, shard, VerifierRow.Draw(Execution.Random)));
        if (batch.Count == 0)
            return;
        Engine.Apply(batch);
        Engine.Sync();
    }

    /// <summary>The accounted bytes of a shard, all volumes together, as the rows say.</summary>
    internal long UsedBytesOf(ShardId shard)
    {
        var sum = 0L;
        Visit(shard, volume => sum += volume.Value.Bytes);
        return sum;
    }

    /// <summary>A shard that the map gave to this node while a part of it was here can be served, empty, when that part is gone; one that retired too late, at once.</summary>
    internal void FollowAgain()
    {
        if (_map is { } map)
            Shards.Follow(map, Identity.Node);
    }

    /// <summary>A step of a move was reached.</summary>
    internal void Hit(string step)
    {
        Transactions.Failpoints.Hit(step);
        Reached?.Invoke(step);
    }

    private void RememberLeaving()
    {
        foreach (var (shard, copy) in Copies.List())
        {
            if (copy.State == HeldState.Retired)
                _leaving[shard] = UsageOf(shard);
        }
    }

    private Dictionary<VolumeId, VolumeUsageDelta> UsageOf(ShardId shard)
    {
        var usage = new Dictionary<VolumeId, VolumeUsageDelta>();
        Visit(shard, volume => usage.Add(volume.Key, volume.Value));

        // A volume that has nothing else here is told all the same.
        foreach (var volume in usage.Keys)
            _ = Usage(volume);
        return usage;
    }

    private void Visit(ShardId shard, Action<KeyValuePair<VolumeId, VolumeUsageDelta>> visit)
    {
        Span<byte> from = stackalloc byte[MetadataKey.MaxLength];
        Span<byte> end = stackalloc byte[MetadataKey.MaxLength];
        using var rows = Engine.Scan(
            Table.Metadata, MetadataKey.Kind(from, shard, default, (byte)'U'), MetadataKey.Kind(end, shard, default, (byte)'V'));
        while (rows.MoveNext())
        {
            var volume = new VolumeId(BinaryPrimitives.ReadUInt32BigEndian(rows.Key[(MetadataKey.PrefixLength + 1)..]));
            var row = UsageRow.Decode(rows.Value);
            visit(new(volume, new VolumeUsageDelta(row.UsedBytes, row.Inodes)));
        }
    }

    private void VisitUsage(Action<ShardId, VolumeId, VolumeUsageDelta> visit) =>
        VisitShards(shard => Visit(shard, volume => visit(shard, volume.Key, volume.Value)));

    /// <summary>Every shard of which there are rows: one seek for each.</summary>
    private void VisitShards(Action<ShardId> visit)
    {
        Span<byte> from = stackalloc byte[MetadataKey.MaxLength];
        for (ulong next = 0; next < uint.MaxValue;)
        {
            using var rows = Engine.Scan(Table.Metadata, MetadataKey.Prefix(from, new ShardId((uint)next), default), [0xFF]);
            if (!rows.MoveNext())
                return;
            var shard = MetadataKey.ShardOf(rows.Key);
            visit(shard);
            next = shard.Value + 1UL;
        }
    }
}
