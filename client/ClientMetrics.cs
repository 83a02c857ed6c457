using System.Diagnostics.Metrics;

namespace SealFs.Client;

/// <summary>The meter <c>SealFs.Client</c>. Latencies per operation are in the meter <c>SealFs.Fuse</c>, those per request in the RPC layer's.</summary>
public sealed class ClientMetrics : IDisposable
{
    private readonly Meter _meter = new("SealFs.Client");
    private readonly Counter<long> _retries;
    private readonly Counter<long> _corrections;
    private readonly Counter<long> _redirects;
    private readonly Counter<long> _hits;
    private readonly Counter<long> _written;
    private readonly Counter<long> _read;

    public ClientMetrics()
    {
        _retries = _meter.CreateCounter<long>("sealfs.client.retries", "{request}", "Requests sent again: busy, moved, or the connection was lost.");
        _corrections = _meter.CreateCounter<long>("sealfs.client.partition_corrections", "{request}", "Requests sent to a wrong partition of a split directory.");
        _redirects = _meter.CreateCounter<long>("sealfs.client.redirects", "{request}", "Requests sent on to the node that a shard has moved to.");
        _hits = _meter.CreateCounter<long>("sealfs.client.cache.hits", "{request}", "Kernel requests answered without asking a server, by cache.");
        _written = _meter.CreateCounter<long>("sealfs.client.written", "By", "Bytes sent to storage nodes.");
        _read = _meter.CreateCounter<long>("sealfs.client.read", "By", "Bytes received from storage nodes.");
    }

    public void Retry() => _retries.Add(1);

    public void Correction() => _corrections.Add(1);

    public void Redirect() => _redirects.Add(1);

    public void Hit(string cache) => _hits.Add(1, new KeyValuePair<string, object?>("cache", cache));

    public void Written(long bytes) => _written.Add(bytes);

    public void Read(long bytes) => _read.Add(bytes);

    /// <summary>Shows how many bytes of a buffer are in use.</summary>
    public void ObserveBuffer(string name, Func<long> usedBytes) =>
        _meter.CreateObservableGauge($"sealfs.client.{name}.used", usedBytes, "By", "Bytes of the buffer in use.");

    public void Dispose() => _meter.Dispose();
}
