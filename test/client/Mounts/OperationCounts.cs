using System.Collections.Concurrent;
using System.Diagnostics.Metrics;

namespace SealFs.Client.Tests.Mounts;

/// <summary>Counts what the storage nodes of this process answer, by opcode, from now on.</summary>
internal sealed class OperationCounts : IDisposable
{
    private readonly MeterListener _listener = new();
    private readonly ConcurrentDictionary<string, long> _counts = new();

    public OperationCounts()
    {
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (instrument.Name == "sealfs.node.operations")
                listener.EnableMeasurementEvents(instrument);
        };
        _listener.SetMeasurementEventCallback<long>((_, value, tags, _) =>
        {
            foreach (var tag in tags)
            {
                if (tag.Key == "opcode")
                    _counts.AddOrUpdate((string)tag.Value!, value, (_, sum) => sum + value);
            }
        });
        _listener.Start();
    }

    public long Of(string opcode) => _counts.GetValueOrDefault(opcode);

    public override string ToString() => string.Join(" ", _counts.Select(count => $"{count.Key}={count.Value}"));

    public void Dispose() => _listener.Dispose();
}
