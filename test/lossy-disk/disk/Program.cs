using System.Globalization;
using System.Runtime.InteropServices;
using SealFs.Fuse;
using SealFs.Fuse.Abi;
using SealFs.LossyDisk;

if (args.Length < 2 || args[0].StartsWith('-'))
{
    Console.Error.WriteLine("""
        lossy-disk DIR SOCKET [--block-device DEVICE] [--capacity BYTES]
        Mounts a file system in memory on DIR that keeps what was not synced apart from what was, and loses it or fails on command (see Control.cs).
        Prints "ready" when the mount answers; ends when it is unmounted or standard input is closed.
          --block-device DEVICE  mount as fuseblk: the kernel then tells about syncfs(2). Nothing is written to the device
          --capacity BYTES       what the disk can take (default 4 GiB)
        """);
    return 2;
}

var device = Option("--block-device");
var fileSystem = new LossyFileSystem(new FaultTable(), Option("--capacity") is { } bytes ? long.Parse(bytes, CultureInfo.InvariantCulture) : 4L << 30);
using var control = new Control(fileSystem, args[1]);
using var host = FuseHost.Start(args[0], fileSystem, new FuseHostOptions
{
    WorkerThreads = 8,
    // Entries of a listing are no lookups here.
    Handshake = new FuseHandshakeOptions { Flags = FuseHandshakeOptions.DefaultFlags & ~(FuseInitFlags.FUSE_DO_READDIRPLUS | FuseInitFlags.FUSE_READDIRPLUS_AUTO) },
    Mount = new FuseMountOptions { Source = device ?? "lossy-disk", Subtype = "lossy", BlockDevice = device is not null },
});
control.Start();
Console.WriteLine("ready");
using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGTERM, context =>
{
    context.Cancel = true;
    host.Unmount(lazy: true);
});
_ = Task.Run(() =>
{
    // The other end of the pipe closes with the process that started this one, however that ends.
    while (Console.In.Read() >= 0)
        continue;
    host.Unmount(lazy: true);
});
await host.Session.Ended;
return 0;

string? Option(string name)
{
    var index = Array.IndexOf(args, name);
    return index >= 0 && index + 1 < args.Length ? args[index + 1] : null;
}
