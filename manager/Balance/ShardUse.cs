using SealFs.Core;
using SealFs.Core.Control.V1;
using SealFs.Core.Placement;

namespace SealFs.Manager.Balance;

/// <summary>What each shard holds and does, as its primary reported last. In memory only: within a minute or so everything is reported again.</summary>
internal sealed class ShardUse(uint shardCount)
{
    private readonly ulong[] bytes = new ulong[shardCount];
    private readonly double[] load = new double[shardCount];
    private readonly bool[] known = new bool[shardCount];
    private int knownCount;

    public double KnownPart => (double)knownCount / known.Length;

    public ulong BytesOf(ShardId shard) => bytes[shard.Value];

    public double LoadOf(ShardId shard) => load[shard.Value];

    public ulong[] AllBytes() => [.. bytes];

    public double[] AllLoad() => [.. load];

    public void Take(ShardUsageReport report)
    {
        bytes[report.Shard] = report.Bytes;
        load[report.Shard] = double.IsFinite(report.OperationsPerSecond) ? Math.Max(0, report.OperationsPerSecond) : 0;
        if (known[report.Shard])
            return;
        known[report.Shard] = true;
        knownCount++;
    }

    /// <summary>The shard begins again, empty.</summary>
    public void Clear(ShardId shard)
    {
        bytes[shard.Value] = 0;
        load[shard.Value] = 0;
    }

    public Dictionary<NodeId, ulong> BytesByNode(ClusterMap map)
    {
        var sums = new Dictionary<NodeId, ulong>();
        for (var index = 0; index < map.Shards.Length; index++)
            sums[map.Shards[index].Primary] = sums.GetValueOrDefault(map.Shards[index].Primary) + bytes[index];
        return sums;
    }
}
