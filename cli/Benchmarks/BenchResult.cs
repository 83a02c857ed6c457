namespace SealFs.Cli.Benchmarks;

/// <summary>What a phase measured.</summary>
/// <param name="Phase">Its name.</param>
/// <param name="Operations">Of all threads.</param>
/// <param name="Seconds">From the first operation to the end of the slowest thread.</param>
/// <param name="OperationsPerSecond">Of all threads together.</param>
/// <param name="MebibytesPerSecond">0 where no bytes are counted.</param>
/// <param name="MedianMicroseconds">Of single operations.</param>
/// <param name="P99Microseconds">Of single operations.</param>
/// <param name="LongestMicroseconds">Of single operations.</param>
internal sealed record BenchResult(
    string Phase, long Operations, double Seconds, double OperationsPerSecond, double MebibytesPerSecond, double MedianMicroseconds, double P99Microseconds,
    double LongestMicroseconds);
