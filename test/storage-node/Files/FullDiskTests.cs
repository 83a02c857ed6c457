using System.Diagnostics;
using SealFs.Core;
using SealFs.StorageNode.Quota;
using Xunit;

namespace SealFs.StorageNode.Tests.Files;

/// <summary>A data disk that really is full: a small tmpfs.</summary>
public sealed class FullDiskTests : IDisposable
{
    private const int Chunk = 256 * 1024;
    private readonly TemporaryDirectory _directory = new();

    public void Dispose()
    {
        Run("umount", "-l", _directory.In("data"));
        _directory.Dispose();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_full_disk_says_so_keeps_what_it_has_and_goes_on_when_there_is_room(bool withReserve)
    {
        Directory.CreateDirectory(_directory.In("data"));
        if (Run("mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", _directory.In("data")) != 0)
            Assert.Skip("mounting a tmpfs needs root");
        using var rig = new FileRig(Chunk, directory: _directory.Directory);
        if (withReserve)
        {
            (rig.Node.Quota as IDisposable)?.Dispose();
            rig.Node.Quota = new VolumeQuota(rig.Node, new DiskReserve(rig.Data.Store.GetSpace, TimeProvider.System));
        }

        var files = new List<(InodeId Inode, byte[] Content)>();
        var error = Fill(rig, files);
        Assert.Equal(Errno.ENOSPC, error);
        Assert.InRange(files.Count, 20, 32);
        CheckAll(rig, files);
        rig.Restart(orderly: false);
        CheckAll(rig, files);

        foreach (var (inode, _) in files.Take(10))
            rig.Delete(inode);
        files.RemoveRange(0, 10);
        rig.WaitForPurge();
        Assert.Equal(Errno.ENOSPC, Fill(rig, files));
        Assert.InRange(files.Count, 20, 32);
        CheckAll(rig, files);
    }

    private static Errno Fill(FileRig rig, List<(InodeId Inode, byte[] Content)> files)
    {
        while (true)
        {
            var content = new byte[Chunk];
            new Random(files.Count).NextBytes(content);
            var inode = rig.CreateFile();
            var error = rig.Write(inode, 0, content);
            if (error != Errno.None)
            {
                Assert.Equal(0UL, rig.Row(inode).Attributes.SizeBytes);
                rig.Delete(inode);
                rig.WaitForPurge();
                Assert.Equal(files.Count * (long)Chunk, rig.UsedBytes);
                return error;
            }

            files.Add((inode, content));
        }
    }

    private static void CheckAll(FileRig rig, List<(InodeId Inode, byte[] Content)> files)
    {
        foreach (var (inode, content) in files)
        {
            var (error, data) = rig.Read(inode, 0, content.Length);
            Assert.Equal(Errno.None, error);
            Assert.True(content.AsSpan().SequenceEqual(data));
        }
    }

    private static int Run(string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardError = true })!;
        process.StandardError.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode;
    }
}
