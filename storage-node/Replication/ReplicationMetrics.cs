using System.Diagnostics.Metrics;
using SealFs.Core;
using SealFs.StorageNode.Hosting;

namespace SealFs.StorageNode.Replication;

/// <summary>What copying shards costs and takes; part of the node's meter.</summary>
internal sealed class ReplicationMetrics : IDisposable
{
    private readonly Meter _meter = new(NodeMetrics.MeterName);
    private readonly KeyValuePair<string, object?> _node;
    private readonly Counter<long> _bytes;
    private readonly Counter<long> _moves;
    private readonly Histogram<double> _pause;

    public ReplicationMetrics(Shards.NodeContext node, Func<int> active)
    {
        _node = new("node", node.Identity.Node.Value);
        _bytes = _meter.CreateCounter<long>("sealfs.node.move.copied", "By", "Bytes of shards copied to this node.");
        _moves = _meter.CreateCounter<long>("sealfs.node.move.completed", "{shard}", "Shards that this node took over.");
        _pause = _meter.CreateHistogram<double>("sealfs.node.move.pause", "s", "How long a shard that this node took over was served by nobody.", [], LatencyBuckets.Advice);
        _meter.CreateObservableGauge("sealfs.node.move.active", () => new Measurement<int>(active(), _node), "{shard}", "Shards that are being copied to this node.");
    }

    public void Copied(long bytes) => _bytes.Add(bytes, _node);

    public void Completed(TimeSpan pause)
    {
        _moves.Add(1, _node);
        _pause.Record(pause.TotalSeconds, _node);
    }

    public void Dispose() => _meter.Dispose();
}
