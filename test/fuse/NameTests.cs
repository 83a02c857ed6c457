using System.Text;
using SealFs.Fuse.MemoryFs;

namespace SealFs.Fuse.Tests;

public sealed class NameTests : IDisposable
{
    private const uint NoReplace = 1;
    private const uint Exchange = 2;
    private readonly MountedMemory _mount = new();

    public void Dispose() => _mount.Dispose();

    public static TheoryData<string> OddNames => ["a", "with\nnewline", "\u0001\u00FF\u00FE\u0080", "$`'\"*?", new string('n', 255), new string('\u00E9', 255)];

    [Theory]
    [MemberData(nameof(OddNames))]
    public void A_name_of_any_bytes_is_made_found_listed_and_removed(string latin1)
    {
        var name = Encoding.Latin1.GetBytes(latin1);
        var path = _mount.At(name);
        var fd = Posix.Open(path, Posix.O_CREAT | Posix.O_EXCL | Posix.O_RDWR);
        Assert.True(fd >= 0, $"errno {-fd}");
        Posix.Close(fd);
        Assert.Equal([latin1], Posix.List(_mount.Path));
        Assert.Equal(0, Posix.Stat(path, out _));
        Assert.Equal(0, Posix.Unlink(path));
        Assert.Equal(-FuseErrno.ENOENT, Posix.Stat(path, out _));
        Assert.Empty(Posix.List(_mount.Path));
    }

    [Fact]
    public void A_name_of_256_bytes_is_too_long()
    {
        var path = _mount.At(new string('n', 256));
        Assert.Equal(-FuseErrno.ENAMETOOLONG, Posix.Stat(path, out _));
        Assert.Equal(-FuseErrno.ENAMETOOLONG, Posix.MkDir(path));
    }

    [Fact]
    public void Directories_count_their_subdirectories_and_must_be_empty_to_go()
    {
        Assert.Equal(0, Posix.MkDir(_mount.At("d"), 0x1C0));
        Assert.Equal(0, Posix.MkDir(_mount.At("d/e")));
        Assert.Equal(-FuseErrno.EEXIST, Posix.MkDir(_mount.At("d/e")));
        Assert.Equal(3u, Posix.Stat(_mount.At("d")).Links);
        Assert.Equal(0x41C0, Posix.Stat(_mount.At("d")).Mode);
        Assert.Equal(-FuseErrno.ENOTEMPTY, Posix.RmDir(_mount.At("d")));
        Assert.Equal(-FuseErrno.EISDIR, Posix.Unlink(_mount.At("d/e")));
        Assert.Equal(0, Posix.RmDir(_mount.At("d/e")));
        Assert.Equal(0, Posix.RmDir(_mount.At("d")));
    }

    [Fact]
    public void Hard_links_share_the_inode()
    {
        var first = _mount.File("first", "content"u8);
        var second = _mount.At("second");
        Assert.Equal(0, Posix.Link(first, second));
        Assert.Equal(Posix.Stat(first).Inode, Posix.Stat(second).Inode);
        Assert.Equal(2u, Posix.Stat(first).Links);
        Assert.Equal(0, Posix.Unlink(first));
        Assert.Equal("content"u8, _mount.Content(second));
        Assert.Equal(1u, Posix.Stat(second).Links);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(100)]
    [InlineData(4000)]
    public void A_symlink_keeps_its_target(int length)
    {
        var target = Encoding.ASCII.GetBytes(new string('t', length));
        Assert.Equal(0, Posix.Symlink([.. target, 0], _mount.At("link")));
        Assert.Equal(target, Posix.ReadLink(_mount.At("link")));
        Assert.Equal((ulong)length, Posix.Stat(_mount.At("link")).Size);
    }

    [Fact]
    public void Special_files_keep_type_and_device()
    {
        Assert.Equal(0, Posix.MkNod(_mount.At("fifo"), 0x11A4, 0));
        Assert.Equal(0x11A4, Posix.Stat(_mount.At("fifo")).Mode);
        Assert.Equal(0, Posix.MkNod(_mount.At("device"), 0x21A4, (7 << 8) | 3));
        var status = Posix.Stat(_mount.At("device"));
        Assert.Equal((7u, 3u), (status.DeviceMajor, status.DeviceMinor));
    }

    [Fact]
    public void Rename_replaces_and_moves_between_directories()
    {
        _mount.File("a", "A"u8);
        _mount.File("b", "B"u8);
        Assert.Equal(0, Posix.Rename(_mount.At("a"), _mount.At("b")));
        Assert.Equal("A"u8, _mount.Content(_mount.At("b")));
        Assert.Equal(0, Posix.MkDir(_mount.At("d")));
        Assert.Equal(0, Posix.MkDir(_mount.At("e")));
        Assert.Equal(0, Posix.Rename(_mount.At("b"), _mount.At("d/c")));
        Assert.Equal(["d", "e"], Posix.List(_mount.Path).Order());
        Assert.Equal(0, Posix.Rename(_mount.At("d"), _mount.At("e/d")));
        Assert.Equal("A"u8, _mount.Content(_mount.At("e/d/c")));
        Assert.Equal(3u, Posix.Stat(_mount.At("e")).Links);
        Assert.Equal(-FuseErrno.EINVAL, Posix.Rename(_mount.At("e"), _mount.At("e/d/x")));
        Assert.Equal(0, Posix.MkDir(_mount.At("f")));
        Assert.Equal(-FuseErrno.ENOTEMPTY, Posix.Rename(_mount.At("f"), _mount.At("e")));
    }

    [Fact]
    public void Rename_flags_are_obeyed()
    {
        _mount.File("a", "A"u8);
        _mount.File("b", "B"u8);
        Assert.Equal(-FuseErrno.EEXIST, Posix.Rename(_mount.At("a"), _mount.At("b"), NoReplace));
        Assert.Equal(0, Posix.Rename(_mount.At("a"), _mount.At("c"), NoReplace));
        Assert.Equal(0, Posix.Rename(_mount.At("b"), _mount.At("c"), Exchange));
        Assert.Equal("A"u8, _mount.Content(_mount.At("b")));
        Assert.Equal("B"u8, _mount.Content(_mount.At("c")));
        Assert.Equal(-FuseErrno.ENOENT, Posix.Rename(_mount.At("b"), _mount.At("none"), Exchange));
    }

    [Fact]
    public void A_large_directory_is_listed_once_each_while_it_changes()
    {
        const int count = 3000;
        for (var i = 0; i < count; i++) Posix.Close(Posix.Open(_mount.At($"file-{i}"), Posix.O_CREAT | Posix.O_RDWR));
        var expected = Enumerable.Range(0, count).Select(i => $"file-{i}").ToHashSet();
        Assert.Equal(expected, Posix.List(_mount.Path).ToHashSet());
        for (var i = 0; i < count; i += 2) Assert.Equal(0, Posix.Unlink(_mount.At($"file-{i}")));
        var rest = Posix.List(_mount.Path, chunkBytes: 512);
        Assert.Equal(count / 2, rest.Count);
        Assert.Equal(expected.Where(name => int.Parse(name[5..]) % 2 == 1).ToHashSet(), rest.ToHashSet());
    }

    [Fact]
    public void Set_gid_directories_pass_their_group_on()
    {
        Assert.Equal(0, Posix.MkDir(_mount.At("d")));
        Assert.Equal(0, Posix.ChOwn(_mount.At("d"), 0, 1234));
        Assert.Equal(0, Posix.ChMod(_mount.At("d"), 0x5FD));
        _mount.File("d/f", "x"u8);
        Assert.Equal(0, Posix.MkDir(_mount.At("d/e")));
        Assert.Equal(1234u, Posix.Stat(_mount.At("d/f")).Gid);
        Assert.Equal(0x400, Posix.Stat(_mount.At("d/e")).Mode & 0x400);
    }

    [Fact]
    public void Inodes_are_counted_against_the_capacity()
    {
        using var small = new MountedMemory(new MemoryFileSystemOptions { CapacityInodes = 2 });
        Assert.Equal(0, Posix.MkDir(small.At("one")));
        Assert.Equal(-FuseErrno.ENOSPC, Posix.MkDir(small.At("two")));
    }
}
