namespace SealFs.Fuse.Survivor;

/// <summary>An application: makes, writes, reads back and removes files on several threads until its input ends. Each step must succeed. Prints a line per file.</summary>
internal static class Load
{
    private const int Threads = 4;
    private const int FileBytes = 40_000;
    private static volatile bool _stop;

    public static int Run(string directory)
    {
        var threads = Enumerable.Range(0, Threads).Select(number => Task.Factory.StartNew(() => Work(directory, number), TaskCreationOptions.LongRunning)).ToArray();
        Console.In.ReadToEnd();
        _stop = true;
        Task.WaitAll(threads);
        return 0;
    }

    private static void Work(string directory, int number)
    {
        var random = new Random(number);
        var content = new byte[FileBytes];
        var back = new byte[FileBytes];
        for (var i = 0; !_stop; i++)
        {
            random.NextBytes(content);
            var path = $"{directory}/f{i * Threads + number}";
            using (var file = File.OpenHandle(path, FileMode.CreateNew, FileAccess.ReadWrite))
            {
                RandomAccess.Write(file, content, 0);
                RandomAccess.FlushToDisk(file);
                var length = RandomAccess.Read(file, back, 0);
                if (length != FileBytes || !content.AsSpan().SequenceEqual(back)) throw new InvalidDataException($"{path} did not come back");
            }
            if (new FileInfo(path).Length != FileBytes) throw new InvalidDataException($"{path} has the wrong length");
            File.Delete(path);
            if (File.Exists(path)) throw new InvalidDataException($"{path} is still there");
            Console.WriteLine(path);
        }
    }
}
