using SealFs.Fuse.Abi;
using SealFs.Fuse.MemoryFs;

namespace SealFs.Fuse.Tests;

public sealed class FileTests : IDisposable
{
    private const int KeepSize = 1;
    private const int PunchHole = 2;
    private readonly MountedMemory _mount = new();

    public void Dispose() => _mount.Dispose();

    [Theory]
    [InlineData(1)]
    [InlineData(4096)]
    [InlineData(65_537)]
    [InlineData(3 << 20)]
    public void What_is_written_is_read(int length)
    {
        var random = new Random(length);
        var content = new byte[length];
        random.NextBytes(content);
        var fd = Posix.Open(_mount.At("f"), Posix.O_CREAT | Posix.O_RDWR);
        Assert.Equal(length, Posix.Write(fd, content, 0));
        Assert.Equal(0, Posix.FSync(fd));
        Posix.Close(fd);
        DropPages("f");
        fd = Posix.Open(_mount.At("f"), Posix.O_RDONLY);
        var back = new byte[length + 1];
        Assert.Equal(length, Posix.Read(fd, back, 0));
        Posix.Close(fd);
        Assert.True(content.AsSpan().SequenceEqual(back.AsSpan(0, length)));
    }

    [Fact]
    public void Writes_with_direct_io_carry_whole_megabytes()
    {
        using var direct = new MountedMemory(new MemoryFileSystemOptions { OpenFlags = FuseOpenFlags.FOPEN_DIRECT_IO });
        var content = new byte[2 << 20];
        new Random(1).NextBytes(content);
        var fd = Posix.Open(direct.At("f"), Posix.O_CREAT | Posix.O_RDWR);
        Assert.Equal(content.Length, Posix.Write(fd, content, 0));
        var back = new byte[content.Length];
        Assert.Equal(content.Length, Posix.Read(fd, back, 0));
        Posix.Close(fd);
        Assert.True(content.AsSpan().SequenceEqual(back));
    }

    [Fact]
    public void Appends_and_truncations_change_the_size()
    {
        var path = _mount.File("f", "0123456789"u8);
        var fd = Posix.Open(path, Posix.O_WRONLY | Posix.O_APPEND);
        Assert.Equal(3, Posix.Append(fd, "abc"u8));
        Posix.Close(fd);
        Assert.Equal("0123456789abc"u8, _mount.Content(path));
        Assert.Equal(0, Posix.Truncate(path, 4));
        Assert.Equal(0, Posix.Truncate(path, 8));
        Assert.Equal("0123\0\0\0\0"u8, _mount.Content(path));
        fd = Posix.Open(path, Posix.O_WRONLY | Posix.O_TRUNC);
        Posix.Close(fd);
        Assert.Equal(0ul, Posix.Stat(path).Size);
    }

    [Fact]
    public void Holes_are_found_and_made()
    {
        const int block = 1 << 16;
        var fd = Posix.Open(_mount.At("sparse"), Posix.O_CREAT | Posix.O_RDWR);
        var data = new byte[block];
        Array.Fill(data, (byte)7);
        Assert.Equal(block, Posix.Write(fd, data, 0));
        Assert.Equal(block, Posix.Write(fd, data, 100L << 30));
        Assert.Equal(0, Posix.FSync(fd));
        Assert.Equal(block, Posix.Seek(fd, 0, Posix.SEEK_HOLE));
        Assert.Equal(100L << 30, Posix.Seek(fd, block, Posix.SEEK_DATA));
        Assert.Equal(-FuseErrno.ENXIO, Posix.Seek(fd, 200L << 30, Posix.SEEK_DATA));
        Assert.True(Posix.Stat(_mount.At("sparse")).Blocks < 1024);
        Assert.Equal(0, Posix.FAllocate(fd, PunchHole | KeepSize, 0, block));
        Assert.Equal(block, Posix.Read(fd, data, 0));
        Assert.All(data, value => Assert.Equal(0, value));
        Assert.Equal(100L << 30, Posix.Seek(fd, 0, Posix.SEEK_DATA));
        Posix.Close(fd);
    }

    [Fact]
    public void Fallocate_extends_unless_told_not_to()
    {
        var path = _mount.File("f", "x"u8);
        var fd = Posix.Open(path, Posix.O_RDWR);
        Assert.Equal(0, Posix.FAllocate(fd, KeepSize, 0, 1 << 20));
        Assert.Equal(1ul, Posix.Stat(path).Size);
        Assert.Equal(0, Posix.FAllocate(fd, 0, 0, 1 << 20));
        Assert.Equal(1ul << 20, Posix.Stat(path).Size);
        Assert.Equal(-FuseErrno.EOPNOTSUPP, Posix.FAllocate(fd, 8, 0, 4096));
        Posix.Close(fd);
    }

    [Fact]
    public void Copy_file_range_copies_inside_the_file_system()
    {
        var content = new byte[200_000];
        new Random(2).NextBytes(content);
        var source = Posix.Open(_mount.File("a", content), Posix.O_RDONLY);
        var target = Posix.Open(_mount.At("b"), Posix.O_CREAT | Posix.O_RDWR);
        Assert.Equal(150_000, Posix.CopyRange(source, 1000, target, 0, 150_000));
        Posix.Close(source);
        Posix.Close(target);
        Assert.True(content.AsSpan(1000, 150_000).SequenceEqual(_mount.Content(_mount.At("b"))));
    }

    [Fact]
    public void An_unlinked_open_file_lives_until_it_is_closed()
    {
        var path = _mount.File("f", "still here"u8);
        var fd = Posix.Open(path, Posix.O_RDWR);
        Assert.Equal(0, Posix.Unlink(path));
        Assert.Equal(1, Posix.Write(fd, "S"u8, 0));
        var back = new byte[10];
        Assert.Equal(10, Posix.Read(fd, back, 0));
        Assert.Equal("Still here"u8, back);
        Posix.Close(fd);
        Assert.True(SpinWait.SpinUntil(() => _mount.FileSystem.UsedBytes == 0, TimeSpan.FromSeconds(10)), "FORGET did not free the file");
    }

    [Fact]
    public void A_file_without_a_name_can_be_made()
    {
        var fd = Posix.Open(_mount.At("."), Posix.O_TMPFILE | Posix.O_RDWR);
        Assert.True(fd >= 0, $"errno {-fd}");
        Assert.Equal(2, Posix.Write(fd, "hi"u8, 0));
        Assert.Empty(Posix.List(_mount.Path));
        Posix.Close(fd);
    }

    [Fact]
    public void A_full_file_system_says_so_and_recovers()
    {
        using var small = new MountedMemory(new MemoryFileSystemOptions { CapacityBytes = 1 << 20, OpenFlags = FuseOpenFlags.FOPEN_DIRECT_IO });
        var fd = Posix.Open(small.At("f"), Posix.O_CREAT | Posix.O_RDWR);
        Assert.Equal(1 << 19, Posix.Write(fd, new byte[1 << 19], 0));
        Assert.Equal(-FuseErrno.ENOSPC, Posix.Write(fd, new byte[1 << 20], 1 << 19));
        Assert.Equal(0, Posix.Truncate(small.At("f"), 0));
        Assert.Equal(1 << 20, Posix.Write(fd, new byte[1 << 20], 0));
        Posix.Close(fd);
    }

    /// <summary>Makes the next read go to the file system.</summary>
    private void DropPages(string name) => Assert.Equal(0, _mount.Session.Notifier.InvalidateInode(Posix.Stat(_mount.At(name)).Inode, 0, 0));
}
