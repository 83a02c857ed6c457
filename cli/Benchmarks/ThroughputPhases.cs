namespace SealFs.Cli.Benchmarks;

/// <summary>The phases about bytes: each thread with a large file of its own.</summary>
internal static class ThroughputPhases
{
    private const int Seed = 7;

    public static IEnumerable<BenchPhase> Of(BenchPlan plan)
    {
        var blocks = Math.Max(1, plan.StreamBytes / BenchPlan.StreamBlockBytes);
        var bytes = blocks * BenchPlan.StreamBlockBytes;
        var pages = bytes / BenchPlan.RandomBlockBytes;
        yield return new("write, sequential, 1 MiB, fsync", blocks, BenchPlan.StreamBlockBytes, double.PositiveInfinity, thread => Write(plan, thread));
        yield return new("read, sequential, 1 MiB", blocks, BenchPlan.StreamBlockBytes, double.PositiveInfinity, thread => Read(plan, thread));
        yield return new("write, random, 4 KiB, fsync", pages, BenchPlan.RandomBlockBytes, plan.RandomSeconds, thread => WriteRandom(plan, thread, pages));
        yield return new("read, random, 4 KiB", pages, BenchPlan.RandomBlockBytes, plan.RandomSeconds, thread => ReadRandom(plan, thread, pages));
    }

    private static BenchWork Write(BenchPlan plan, int thread)
    {
        var block = Noise(BenchPlan.StreamBlockBytes, thread);
        var file = FileCalls.Open(plan.StreamFile(thread), FileCalls.O_RDWR | FileCalls.O_CREAT);
        return new(number => FileCalls.WriteAt(file, block, number * BenchPlan.StreamBlockBytes), () => FileCalls.Sync(file), () => FileCalls.Close(file));
    }

    private static BenchWork Read(BenchPlan plan, int thread)
    {
        var block = new byte[BenchPlan.StreamBlockBytes];
        var file = OpenCold(plan, thread);
        return new(number => Expect(FileCalls.ReadAt(file, block, number * BenchPlan.StreamBlockBytes), block.Length), null, () => FileCalls.Close(file));
    }

    private static BenchWork WriteRandom(BenchPlan plan, int thread, long pages)
    {
        var page = Noise(BenchPlan.RandomBlockBytes, thread);
        var random = new Random(Seed + thread);
        var file = OpenCold(plan, thread);
        return new(
            _ => FileCalls.WriteAt(file, page, random.NextInt64(pages) * BenchPlan.RandomBlockBytes), () => FileCalls.Sync(file), () => FileCalls.Close(file));
    }

    private static BenchWork ReadRandom(BenchPlan plan, int thread, long pages)
    {
        var page = new byte[BenchPlan.RandomBlockBytes];
        var random = new Random(Seed + thread);
        var file = OpenCold(plan, thread);
        return new(
            _ => Expect(FileCalls.ReadAt(file, page, random.NextInt64(pages) * BenchPlan.RandomBlockBytes), page.Length), null, () => FileCalls.Close(file));
    }

    private static int OpenCold(BenchPlan plan, int thread)
    {
        var file = FileCalls.Open(plan.StreamFile(thread), FileCalls.O_RDWR);
        FileCalls.Evict(file);
        return file;
    }

    private static byte[] Noise(int length, int seed)
    {
        var bytes = new byte[length];
        new Random(Seed + seed).NextBytes(bytes);
        return bytes;
    }

    private static void Expect(int count, int wanted)
    {
        if (count != wanted)
            throw new IOException($"A read returned {count} bytes instead of {wanted}.");
    }
}
