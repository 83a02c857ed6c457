using System.Diagnostics.Metrics;

namespace SealFs.Core;

/// <summary>
/// Boundaries for histograms of latencies in seconds: three per decade, from what a request in memory takes to what a user gives up at. The defaults of OpenTelemetry
/// begin at five, which for seconds puts everything into one bucket.
/// </summary>
public static class LatencyBuckets
{
    public static readonly InstrumentAdvice<double> Advice = new()
    {
        HistogramBucketBoundaries = [0.00005, 0.0001, 0.0002, 0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30],
    };
}
