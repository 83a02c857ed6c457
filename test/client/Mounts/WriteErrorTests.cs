using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace SealFs.Client.Tests.Mounts;

/// <summary>A write that is accepted and then finds no space: the one that wrote is told by fsync, whoever else asked before.</summary>
public sealed partial class WriteErrorTests
{
    private const int ENOSPC = 28;

    [Fact]
    public async Task Another_open_and_close_does_not_take_the_error_from_the_writer()
    {
        await using var cluster = await TestCluster.StartAsync(nodes: 1, quotaBytes: 512 << 10);
        await using var mount = await cluster.MountAsync();
        Fill(Path.Combine(mount.Directory, "filler"));
        var path = Path.Combine(mount.Directory, "f");
        using var writer = File.OpenHandle(path, FileMode.Create, FileAccess.ReadWrite, FileShare.ReadWrite);
        WriteUnlessTold(writer, 0);

        // The open sends what is dirty, and the close is told, which .NET keeps to itself.
        File.OpenHandle(path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite).Dispose();
        Assert.Equal(ENOSPC, Sync(writer));
        Assert.Equal(0, Sync(writer));
    }

    /// <summary>Until the node knows the quota it lets some writes in.</summary>
    private static void Fill(string path)
    {
        using var filler = File.OpenHandle(path, FileMode.Create, FileAccess.ReadWrite);
        for (var written = 0; written < 100; written++)
        {
            WriteUnlessTold(filler, (long)written << 20);
            if (Sync(filler) == ENOSPC)
                return;
        }

        Assert.Fail("the quota is not kept");
    }

    /// <summary>A MiB, in several writes of the kernel: the later ones may be told already of what became of the earlier ones.</summary>
    private static void WriteUnlessTold(SafeFileHandle file, long offset)
    {
        try
        {
            RandomAccess.Write(file, new byte[1 << 20], offset);
        }
        catch (IOException)
        {
        }
    }

    /// <summary>errno of fsync(2), or 0. <see cref="RandomAccess.FlushToDisk"/> keeps some errors to itself.</summary>
    private static int Sync(SafeFileHandle file) => fsync(file) == 0 ? 0 : Marshal.GetLastPInvokeError();

    [LibraryImport("libc", SetLastError = true)]
    private static partial int fsync(SafeFileHandle file);
}
