using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using SealFs.Core;
using SealFs.StorageNode.Tests.Shards;

namespace SealFs.Bench;

/// <summary>What the storage node's handlers cost without a network: one shard on RocksDB, one thread, one directory.</summary>
internal static unsafe partial class NodeBench
{
    private delegate Errno Step(ShardRig rig, ReadOnlySpan<byte> name);

    public static int Run(string[] args)
    {
        if (args.Length > 1 || (args.Length == 1 && !int.TryParse(args[0], CultureInfo.InvariantCulture, out _)))
        {
            Console.Error.WriteLine("usage: SealFs.Bench node [files]");
            return 2;
        }

        var files = args.Length == 1 ? int.Parse(args[0], CultureInfo.InvariantCulture) : 100_000;
        var directory = Directory.CreateTempSubdirectory("sealfs-bench-").FullName;
        try
        {
            Run(directory, files);
        }
        finally
        {
            Directory.Delete(directory, true);
        }

        return 0;
    }

    private static void Run(string directory, int files)
    {
        using var rig = new ShardRig(Path.Combine(directory, "store"));
        Console.WriteLine($"{"operation",-22}{"µs",10}{"CPU µs",10}{"bytes allocated",18}   ({files} files)");
        Measure(rig, "warm up", "warm", Math.Min(files, 30_000), static (rig, name) => rig.Create(rig.Root, name));
        Measure(rig, "create", "file", files, static (rig, name) => rig.Create(rig.Root, name));
        Measure(rig, "lookup", "file", files, static (rig, name) => rig.Lookup(rig.Root, name));
        Measure(rig, "lookup, missing", "none", files, static (rig, name) => rig.Lookup(rig.Root, name) == Errno.ENOENT ? Errno.None : Errno.EIO);
        Measure(rig, "getattr of directory", "", files, static (rig, _) => rig.GetAttr(rig.Root));
        Console.WriteLine($"memory of the process: {Environment.WorkingSet / (1024 * 1024)} MiB");
        Measure(rig, "unlink", "file", files, static (rig, name) => rig.Unlink(rig.Root, name));
    }

    private static void Measure(ShardRig rig, string label, string prefix, int count, Step step)
    {
        Span<byte> name = stackalloc byte[64];
        var prefixLength = Encoding.ASCII.GetBytes(prefix, name);
        var allocated = GC.GetAllocatedBytesForCurrentThread();
        var cpuBefore = ThreadCpuMicroseconds();
        var started = Stopwatch.GetTimestamp();
        for (var number = 0; number < count; number++)
        {
            number.TryFormat(name[prefixLength..], out var length, provider: CultureInfo.InvariantCulture);
            if (step(rig, name[..(prefixLength + length)]) != Errno.None)
                throw new InvalidOperationException($"{label} failed with {rig.Status}");
        }

        var elapsed = Stopwatch.GetElapsedTime(started);
        var cpu = ThreadCpuMicroseconds() - cpuBefore;
        var bytes = (GC.GetAllocatedBytesForCurrentThread() - allocated) / count;
        Console.WriteLine($"{label,-22}{elapsed.TotalMicroseconds / count,10:F2}{cpu / count,10:F2}{bytes,18}");
    }

    /// <summary>CPU time of this thread: on a busy machine the wall clock measures the neighbours.</summary>
    private static double ThreadCpuMicroseconds()
    {
        const int ThreadCpuTime = 3; // CLOCK_THREAD_CPUTIME_ID
        var time = stackalloc long[2];
        _ = clock_gettime(ThreadCpuTime, time);
        return (time[0] * 1e6) + (time[1] / 1e3);
    }

    [LibraryImport("libc")]
    private static partial int clock_gettime(int clock, long* time);
}
