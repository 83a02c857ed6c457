namespace SealFs.Cli.Benchmarks;

/// <summary>The phases about names: each thread in a directory of its own, then all in one shared directory with small files.</summary>
internal static class MetadataPhases
{
    public static IEnumerable<BenchPhase> Of(BenchPlan plan)
    {
        var files = plan.FilesPerThread;
        yield return Phase("create", files, thread => Create(Paths(plan.OwnDirectory(thread), thread, files), []));
        yield return Phase("stat", files, thread => OnEach(Paths(plan.OwnDirectory(thread), thread, files), FileCalls.Stat));
        yield return Phase("remove", files, thread => OnEach(Paths(plan.OwnDirectory(thread), thread, files), FileCalls.Remove));
        yield return Phase("small file: create+write", files, thread => Create(Paths(plan.SharedDirectory, thread, files), new byte[BenchPlan.SmallFileBytes]));
        yield return Phase("small file: open+read", files, thread => OpenAndRead(Paths(plan.SharedDirectory, thread, files)));
        yield return Phase("small file: remove", files, thread => OnEach(Paths(plan.SharedDirectory, thread, files), FileCalls.Remove));
    }

    private static BenchPhase Phase(string name, int files, Func<int, BenchWork> begin) => new(name, files, 0, double.PositiveInfinity, begin);

    private static string[] Paths(string directory, int thread, int files)
    {
        System.IO.Directory.CreateDirectory(directory);
        return [.. Enumerable.Range(0, files).Select(file => $"{directory}/file.{thread}.{file}")];
    }

    private static BenchWork OnEach(string[] paths, Action<string> call) => new(file => call(paths[file]));

    private static BenchWork Create(string[] paths, byte[] content)
    {
        Random.Shared.NextBytes(content);
        return new(file =>
        {
            var descriptor = FileCalls.Open(paths[file], FileCalls.O_WRONLY | FileCalls.O_CREAT | FileCalls.O_EXCL);
            if (content.Length > 0)
                FileCalls.WriteAt(descriptor, content, 0);
            FileCalls.Close(descriptor);
        });
    }

    private static BenchWork OpenAndRead(string[] paths)
    {
        var buffer = new byte[2 * BenchPlan.RandomBlockBytes];
        return new(file =>
        {
            var descriptor = FileCalls.Open(paths[file], FileCalls.O_RDONLY);
            var count = FileCalls.ReadAt(descriptor, buffer, 0);
            FileCalls.Close(descriptor);
            if (count != BenchPlan.SmallFileBytes)
                throw new IOException($"{paths[file]}: {count} bytes instead of {BenchPlan.SmallFileBytes}");
        });
    }
}
