namespace SealFs.Cli.Benchmarks;

/// <summary>What a benchmark does.</summary>
/// <param name="Directory">A directory of its own inside the file system under test; removed at the end.</param>
/// <param name="Threads">Callers at the same time.</param>
/// <param name="FilesPerThread">Files that each caller makes in a metadata phase.</param>
/// <param name="StreamBytes">Size of the file that each caller writes and reads in the throughput phases.</param>
/// <param name="RandomSeconds">How long a random phase runs at most.</param>
internal sealed record BenchPlan(string Directory, int Threads, int FilesPerThread, long StreamBytes, double RandomSeconds)
{
    /// <summary>IO500's small file: neither a multiple of a page nor a power of two.</summary>
    public const int SmallFileBytes = 3901;

    public const int StreamBlockBytes = 1 << 20;

    public const int RandomBlockBytes = 4096;

    public string OwnDirectory(int thread) => $"{Directory}/t{thread}";

    public string SharedDirectory => $"{Directory}/shared";

    public string StreamFile(int thread) => $"{Directory}/stream{thread}";
}
