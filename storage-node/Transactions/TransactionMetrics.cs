using System.Diagnostics.Metrics;
using SealFs.Core;
using SealFs.StorageNode.Hosting;

namespace SealFs.StorageNode.Transactions;

/// <summary>What the transactions of a node report: how they end, and what is open. Costs a comparison each while nobody listens.</summary>
internal sealed class TransactionMetrics : IDisposable
{
    private readonly Meter _meter = new(NodeMetrics.MeterName);
    private readonly Counter<long> _outcomes;
    private readonly Counter<long> _splits;

    public TransactionMetrics(TransactionService service)
    {
        _outcomes = _meter.CreateCounter<long>(
            "sealfs.node.transactions", "{transaction}", "Tries of transactions that this node coordinated, by outcome: committed, conflict, refused.");
        _splits = _meter.CreateCounter<long>("sealfs.node.partition_splits", "{split}", "Partitions of large directories that were split.");
        _meter.CreateObservableGauge("sealfs.node.transactions.prepared", () => service.Sum(shard => shard.PreparedCount), "{transaction}", "Prepared here and not decided.");
        _meter.CreateObservableGauge("sealfs.node.transactions.active", () => service.Sum(shard => shard.ActiveCount), "{transaction}", "Coordinated here and not decided.");
        _meter.CreateObservableGauge(
            "sealfs.node.transactions.undelivered", () => service.Sum(shard => shard.UndeliveredCount), "{transaction}", "Decided here, with participants that have not acknowledged.");
    }

    public void Ended(Errno status)
    {
        if (_outcomes.Enabled)
            _outcomes.Add(1, new KeyValuePair<string, object?>("outcome", status switch { Errno.None => "committed", Errno.Busy => "conflict", _ => "refused" }));
    }

    public void Split() => _splits.Add(1);

    public void Dispose() => _meter.Dispose();
}
