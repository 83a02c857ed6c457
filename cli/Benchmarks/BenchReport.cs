namespace SealFs.Cli.Benchmarks;

/// <summary>All results, with what is needed to compare them with others.</summary>
internal sealed record BenchReport(string Directory, string FileSystem, string Machine, int Processors, int Threads, DateTimeOffset Started, BenchResult[] Results);
