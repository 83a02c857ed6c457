using SealFs.Core;
using SealFs.Core.Control.V1;
using SealFs.StorageNode.Shards;

namespace SealFs.StorageNode.Replication;

/// <summary>What the served shards hold and do, for the manager: a few hundred in each heartbeat, in turn.</summary>
internal sealed class ShardUsageReports(NodeContext node)
{
    private readonly Dictionary<ShardId, (ulong Operations, long At)> _before = [];
    private uint _next;

    public void Report(HeartbeatRequest heartbeat)
    {
        var count = node.ShardCount;
        for (var looked = 0u; looked < count && heartbeat.Shards.Count < ReplicationLimits.UsageReports; looked++)
        {
            var shard = new ShardId(_next);
            _next = (_next + 1) % count;
            if (node.Shards.IsServed(shard))
                heartbeat.Shards.Add(Report(shard));
            else
                _before.Remove(shard);
        }
    }

    private ShardUsageReport Report(ShardId shard)
    {
        var now = node.Time.GetTimestamp();
        var operations = node.Shards.Peek(shard)?.Operations ?? 0;
        var before = _before.TryGetValue(shard, out var known) ? known : (Operations: operations, At: now);
        _before[shard] = (operations, now);
        var seconds = node.Time.GetElapsedTime(before.At, now).TotalSeconds;
        return new ShardUsageReport
        {
            Shard = shard.Value,
            Bytes = ShardSize.Of(node, shard),

            // One that was opened again counts from 0.
            OperationsPerSecond = seconds <= 0 || operations < before.Operations ? 0 : (operations - before.Operations) / seconds,
        };
    }
}
