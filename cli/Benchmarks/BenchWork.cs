namespace SealFs.Cli.Benchmarks;

/// <summary>What one thread does in a phase.</summary>
/// <param name="Step">One operation; given its number from 0.</param>
/// <param name="End">Inside the measured time, after the last operation: the fsync of a stream.</param>
/// <param name="CleanUp">Outside the measured time.</param>
internal sealed record BenchWork(Action<long> Step, Action? End = null, Action? CleanUp = null);
