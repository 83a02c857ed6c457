using SealFs.Core;
using Xunit;

namespace SealFs.StorageNode.Tests.Files;

/// <summary>When the disk is told to begin. A restart ends the threads that tell it, so what they did can be counted afterwards.</summary>
public sealed class WritebackTests
{
    private const int MiB = 1024 * 1024;

    [Fact]
    public void The_disk_begins_with_a_large_write_at_once_and_leaves_small_ones_to_the_kernel()
    {
        using var rig = new FileRig();
        var inode = rig.CreateFile();
        Assert.Equal(Errno.None, rig.Write(inode, 0, new byte[MiB]));
        Assert.Equal(Errno.None, rig.Write(inode, MiB, new byte[MiB]));
        Assert.Equal(Errno.None, rig.Write(inode, 2 * MiB, new byte[200_000]));
        rig.Restart();
        Assert.Equal(2, rig.Device.Writebacks);
    }

    [Fact]
    public void Clean_blocks_do_not_change_on_the_disk_before_their_marks_are_there()
    {
        using var rig = new FileRig();
        var inode = rig.CreateFile();
        Assert.Equal(Errno.None, rig.Write(inode, 0, new byte[MiB - 100]));
        Assert.Equal(1, rig.Data.Chunks.Seal(all: true));
        Assert.Equal(Errno.None, rig.Write(inode, MiB - 100, new byte[MiB]));
        rig.Restart();
        Assert.Equal(1, rig.Device.Writebacks);
    }

    [Fact]
    public void A_sync_of_many_chunks_gives_the_disk_all_of_them_before_it_waits_for_the_first()
    {
        using var rig = new FileRig(256 * 1024);
        var inode = rig.CreateFile();
        Assert.Equal(Errno.None, rig.Write(inode, 0, new byte[5 * 256 * 1024]));
        var before = -1;
        rig.Device.BeforeSync = () => before = before < 0 ? rig.Device.Writebacks : before;
        Assert.Equal(Errno.None, rig.Fsync(inode));
        Assert.Equal(5, before);
        Assert.Equal(5, rig.Device.Syncs);
    }
}
