namespace SealFs.Cli.Benchmarks;

/// <summary>One row of the result.</summary>
/// <param name="Name">For people.</param>
/// <param name="Operations">How many operations each thread does.</param>
/// <param name="BytesPerOperation">0 for a phase that is counted in operations a second.</param>
/// <param name="LimitSeconds">Threads stop after this time even when they are not done; infinite for phases that later ones rely on.</param>
/// <param name="Begin">Called once on each thread before the clock starts; returns the operation, which is given its number.</param>
internal sealed record BenchPhase(string Name, long Operations, int BytesPerOperation, double LimitSeconds, Func<int, BenchWork> Begin);
