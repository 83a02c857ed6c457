using System.Diagnostics.Metrics;
using SealFs.Fuse.Abi;

namespace SealFs.Fuse.Session;

/// <summary>The meter <c>SealFs.Fuse</c>: <c>fuse.request.duration</c> in seconds by opcode and failure; its count is the number of requests.</summary>
internal sealed class FuseMetrics : IDisposable
{
    private static readonly string[] OpcodeNames = MakeNames();
    private readonly Meter _meter = new("SealFs.Fuse");
    private readonly Histogram<double> _duration;

    public FuseMetrics()
    {
        _duration = _meter.CreateHistogram<double>("fuse.request.duration", "s", "From reading a request to replying to it.");
    }

    /// <summary>False while nobody listens; then no clock is read.</summary>
    public bool IsObserved => _duration.Enabled;

    public void Record(FuseOpcode opcode, int errno, TimeSpan elapsed)
    {
        var name = (int)opcode < OpcodeNames.Length ? OpcodeNames[(int)opcode] : "unknown";
        _duration.Record(elapsed.TotalSeconds, new KeyValuePair<string, object?>("opcode", name), new KeyValuePair<string, object?>("failed", errno != 0));
    }

    public void Dispose() => _meter.Dispose();

    private static string[] MakeNames()
    {
        var names = new string[(int)FuseOpcode.FUSE_COPY_FILE_RANGE_64 + 1];
        for (var i = 0; i < names.Length; i++) names[i] = ((FuseOpcode)i).ToString();
        return names;
    }
}
