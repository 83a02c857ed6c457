using SealFs.Core;
using SealFs.Simulator.World;
using SealFs.StorageNode.Engine;
using SealFs.StorageNode.Shards;

namespace SealFs.Simulator.Storage;

/// <summary>
/// What a node's metadata disk holds: the tables with everything that was applied, and what of it is on the disk for certain. A process that dies loses nothing; a machine
/// that loses power comes back to what was synced and the beginning of the rest, never to a mixture.
/// </summary>
internal sealed class EngineDisk
{
    private static readonly int s_tables = Enum.GetValues<Table>().Length;

    private readonly SimulatedWorld _world;
    private readonly List<byte[]> _unsynced = [];
    private OrderedTable[] _applied = NewTables();
    private readonly OrderedTable[] _durable = NewTables();

    public EngineDisk(SimulatedWorld world) => _world = world;

    /// <summary>A disk that lies: see <see cref="Cluster.SimulationOptions.SyncsNothing"/>.</summary>
    public bool IsLying { get; init; }

    public bool HasUnsynced => _unsynced.Count > 0;

    public OrderedTable this[Table table] => _applied[(int)table];

    public void Apply(ReadOnlySpan<byte> batch)
    {
        Apply(_applied, batch);
        _unsynced.Add(batch.ToArray());
    }

    /// <summary>The shards of which there are rows; the node's own rows stand behind those of all shards.</summary>
    public IEnumerable<ShardId> Shards() => this[Table.Metadata].Keys.Select(static key => MetadataKey.ShardOf(key)).Where(static shard => shard.Value != uint.MaxValue);

    /// <summary>Everything as it is now.</summary>
    public OrderedTable[] Copy() => [.. _applied.Select(static table => table.Copy())];

    public void Sync()
    {
        if (!IsLying)
            Settle();
    }

    /// <summary>How many of the batches that were not synced are lost.</summary>
    public int LosePower()
    {
        var kept = _world.Random.Next(_unsynced.Count + 1);
        var lost = _unsynced.Count - kept;
        _unsynced.RemoveRange(kept, lost);
        Settle();
        _applied = [.. _durable.Select(static table => table.Copy())];
        return lost;
    }

    private void Settle()
    {
        foreach (var batch in _unsynced)
            Apply(_durable, batch);
        _unsynced.Clear();
    }

    private static OrderedTable[] NewTables() => [.. Enumerable.Range(0, s_tables).Select(static _ => new OrderedTable())];

    /// <summary>The layout stands at <see cref="EffectBatch"/>.</summary>
    private static void Apply(OrderedTable[] tables, ReadOnlySpan<byte> batch)
    {
        var rest = batch[12..];
        while (rest.Length > 0)
        {
            var tag = rest[0];
            rest = rest[1..];
            var table = tables[0];
            if (tag is 5 or 4 or 14)
            {
                table = tables[rest[0]];
                rest = rest[1..];
            }

            var key = Take(ref rest);
            if (tag is 1 or 5)
                table.Put(key, Take(ref rest));
            else if (tag is 0 or 4)
                table.Delete(key);
            else
                table.DeleteRange(key, Take(ref rest));
        }
    }

    private static ReadOnlySpan<byte> Take(ref ReadOnlySpan<byte> rest)
    {
        var (length, shift, at) = (0, 0, 0);
        byte next;
        do
        {
            next = rest[at++];
            length |= (next & 0x7F) << shift;
            shift += 7;
        }
        while (next >= 0x80);
        var bytes = rest.Slice(at, length);
        rest = rest[(at + length)..];
        return bytes;
    }
}
