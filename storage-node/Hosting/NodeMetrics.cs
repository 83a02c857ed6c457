using System.Diagnostics;
using System.Diagnostics.Metrics;
using SealFs.Core;
using SealFs.Core.Wire;
using SealFs.StorageNode.Shards;

namespace SealFs.StorageNode.Hosting;

/// <summary>The node's meter, "SealFs.StorageNode". Costs a comparison per request while nobody listens.</summary>
public sealed class NodeMetrics : IDisposable
{
    public const string MeterName = "SealFs.StorageNode";

    private static readonly object?[] s_opcodes = new object?[128];
    private static readonly object?[] s_statuses = new object?[256];

    private readonly Meter _meter = new(MeterName);
    private readonly NodeContext _node;
    private readonly Counter<long> _operations;
    private readonly Counter<long> _bytes;
    private readonly Histogram<double> _duration;

    internal NodeMetrics(NodeContext node)
    {
        _node = node;
        _operations = _meter.CreateCounter<long>("sealfs.node.operations", "{operation}", "Requests answered, by opcode and status.");
        _duration = _meter.CreateHistogram<double>("sealfs.node.operation.duration", "s", "From the frame to the answer.", [], LatencyBuckets.Advice);
        _bytes = _meter.CreateCounter<long>("sealfs.node.io", "By", "Payload of requests and answers, by opcode and direction.");
        _meter.CreateObservableGauge(
            "sealfs.node.parked", () => Of(node.Shards.Opened().Sum(static shard => (long)shard.Parked.Count)), "{request}", "Requests that wait for a transaction's lock.");
        _meter.CreateObservableGauge(
            "sealfs.node.pending", () => Of(node.Shards.Opened().Sum(static shard => (long)shard.Pending.Count)), "{request}", "Mutations that are answered later.");
        _meter.CreateObservableGauge(
            "sealfs.node.open_inodes", () => Of(node.Shards.Opened().Sum(static shard => (long)shard.Opens.Count)), "{inode}", "Inodes that sessions have open.");
        _meter.CreateObservableGauge("sealfs.node.volume.used", () => Usage(static usage => usage.UsedBytes), "By", "Bytes that a volume uses on this node.");
        _meter.CreateObservableGauge("sealfs.node.volume.inodes", () => Usage(static usage => usage.Inodes), "{inode}", "Inodes of a volume on this node.");
        _meter.CreateObservableGauge("sealfs.node.group_commit.waiting", () => Of(node.GroupCommit.Waiting), "{request}", "Requests that wait for a sync.");
        _meter.CreateObservableGauge("sealfs.node.failed", () => Of(node.Failure is null ? 0 : 1), description: "1 when a disk has failed and the node serves nothing any more.");
        _meter.CreateObservableCounter("sealfs.node.background_failures", () => Of(node.BackgroundFailures), "{failure}", "Pieces of background work that ended with an exception.");
        _meter.CreateObservableCounter("sealfs.node.late_replies", () => Of(node.LateReplies), "{reply}", "Second replies to a request, which were dropped.");
        _meter.CreateObservableCounter("sealfs.node.set_aside", () => Of(node.Contents?.SetAsideBytes ?? 0), "By", "Bytes of chunk files that no record knows, copied before they were cut off.");
        _meter.CreateObservableGauge("sealfs.node.lost_chunks", () => Of(node.Contents?.LossCount ?? 0), "{chunk}", "Chunks that a sync has failed for, and that were not written again since.");
        _meter.CreateObservableGauge("sealfs.node.sessions", () => Of(node.Sessions.Count), "{session}", "Sessions with a connection to this node.");
    }

    public void Dispose() => _meter.Dispose();

    internal void Answered(Opcode opcode, Errno status, long startTimestamp)
    {
        if (_operations.Enabled)
            _operations.Add(1, Tag("opcode", s_opcodes, (int)opcode, opcode), Tag("status", s_statuses, (int)status, status));
        if (_duration.Enabled)
            _duration.Record(Stopwatch.GetElapsedTime(startTimestamp).TotalSeconds, Tag("opcode", s_opcodes, (int)opcode, opcode));
    }

    /// <summary>Payload that came with a request or went with an answer.</summary>
    internal void Moved(Opcode opcode, bool received, int bytes)
    {
        if (_bytes.Enabled && bytes > 0)
            _bytes.Add(bytes, Tag("opcode", s_opcodes, (int)opcode, opcode), new("direction", received ? "received" : "sent"));
    }

    internal void Refused(Opcode opcode, Errno status) => Answered(opcode, status, Stopwatch.GetTimestamp());

    /// <summary>Several nodes of one process are told apart by their number.</summary>
    private Measurement<long> Of(long value) => new(value, NodeTag);

    private KeyValuePair<string, object?> NodeTag => new("node", _node.Identity.Node.Value);

    private IEnumerable<Measurement<long>> Usage(Func<VolumeUsage, long> read) =>
        _node.AllUsage.Select(usage => new Measurement<long>(read(usage), NodeTag, new("volume", usage.Volume.Value)));

    /// <summary>Names are made once: a metric must not allocate for every request.</summary>
    private static KeyValuePair<string, object?> Tag<T>(string key, object?[] names, int index, T value)
        where T : struct, Enum
    {
        // Statuses of SealFS's own begin at 10,000 and are few.
        var place = index >= 10_000 ? 160 + (index - 10_000) : index;
        if ((uint)place >= (uint)names.Length)
            return new(key, "other");
        return new(key, names[place] ??= value.ToString());
    }
}
