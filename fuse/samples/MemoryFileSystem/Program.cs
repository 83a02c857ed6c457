using System.Globalization;
using System.Runtime.InteropServices;
using SealFs.Fuse;
using SealFs.Fuse.MemoryFs;

if (args.Length == 0 || args[0].StartsWith('-'))
{
    Console.Error.WriteLine("""
        memfs DIR [--workers N] [--ttl SECONDS] [--direct-io] [--private]
        Mounts a file system in memory on DIR, until it is unmounted or a signal ends it.
          --workers N      threads that serve requests (default: one per processor, at least 2)
          --ttl SECONDS    how long the kernel may believe names and attributes (default 1)
          --direct-io      bypass the page cache
          --private        only for the user who mounts it
        """);
    return 2;
}

var workers = Option("--workers") is { } count ? int.Parse(count, CultureInfo.InvariantCulture) : Math.Max(2, Environment.ProcessorCount);
var timeToLive = TimeSpan.FromSeconds(Option("--ttl") is { } seconds ? double.Parse(seconds, CultureInfo.InvariantCulture) : 1);
using var fileSystem = new MemoryFileSystem(new MemoryFileSystemOptions
{
    EntryTimeToLive = timeToLive,
    AttributeTimeToLive = timeToLive,
    OpenFlags = args.Contains("--direct-io")
        ? SealFs.Fuse.Abi.FuseOpenFlags.FOPEN_DIRECT_IO | SealFs.Fuse.Abi.FuseOpenFlags.FOPEN_PARALLEL_DIRECT_WRITES
        : SealFs.Fuse.Abi.FuseOpenFlags.None,
});
using var host = FuseHost.Start(args[0], fileSystem, new FuseHostOptions
{
    WorkerThreads = workers,
    Mount = new FuseMountOptions { Source = "memfs", Subtype = "memfs", AllowOther = !args.Contains("--private") },
});
using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, End);
using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, End);
Console.WriteLine($"memfs is mounted on {host.MountPath}");
await host.Session.Ended;
return 0;

void End(PosixSignalContext context)
{
    context.Cancel = true;
    host.Unmount(lazy: true);
}

string? Option(string name)
{
    var index = Array.IndexOf(args, name);
    return index >= 0 && index + 1 < args.Length ? args[index + 1] : null;
}
