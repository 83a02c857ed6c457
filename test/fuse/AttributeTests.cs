using System.Text;

namespace SealFs.Fuse.Tests;

public sealed class AttributeTests : IDisposable
{
    private readonly MountedMemory _mount = new();
    private readonly byte[] _path;

    public AttributeTests() => _path = _mount.File("f", "x"u8);

    public void Dispose() => _mount.Dispose();

    [Fact]
    public void Mode_owner_and_times_are_kept()
    {
        Assert.Equal(0, Posix.ChMod(_path, 0xFFF));
        Assert.Equal(0x8FFF, Posix.Stat(_path).Mode);
        Assert.Equal(0, Posix.ChOwn(_path, 12, 34));
        var status = Posix.Stat(_path);
        Assert.Equal((12u, 34u), (status.Uid, status.Gid));
        Assert.Equal(0, Posix.SetTimes(_path, 1_000_000_001, 5, 2_000_000_002, 999_999_999));
        status = Posix.Stat(_path);
        Assert.Equal((1_000_000_001, 5u), (status.AccessSeconds, status.AccessNs));
        Assert.Equal((2_000_000_002, 999_999_999u), (status.ModifySeconds, status.ModifyNs));
    }

    [Fact]
    public void Extended_attributes_are_set_read_listed_and_removed()
    {
        var buffer = new byte[70_000];
        Assert.Equal(-FuseErrno.ENODATA, Posix.GetXattr(_path, "user.none", buffer));
        Assert.Equal(0, Posix.SetXattr(_path, "user.one", "value"u8));
        Assert.Equal(5, Posix.GetXattr(_path, "user.one", default));
        Assert.Equal(-FuseErrno.ERANGE, Posix.GetXattr(_path, "user.one", buffer.AsSpan(0, 3)));
        Assert.Equal(5, Posix.GetXattr(_path, "user.one", buffer));
        Assert.Equal("value"u8, buffer.AsSpan(0, 5));
        Assert.Equal(-FuseErrno.EEXIST, Posix.SetXattr(_path, "user.one", "again"u8, flags: 1));
        Assert.Equal(-FuseErrno.ENODATA, Posix.SetXattr(_path, "user.two", "new"u8, flags: 2));
        Assert.Equal(9, Posix.ListXattr(_path, buffer));
        Assert.Equal("user.one\0", Encoding.ASCII.GetString(buffer, 0, 9));
        Assert.Equal(0, Posix.RemoveXattr(_path, "user.one"));
        Assert.Equal(-FuseErrno.ENODATA, Posix.RemoveXattr(_path, "user.one"));
        Assert.Equal(0, Posix.ListXattr(_path, buffer));
    }

    [Fact]
    public void A_large_attribute_value_comes_back_whole()
    {
        var value = new byte[60_000];
        new Random(3).NextBytes(value);
        Assert.Equal(0, Posix.SetXattr(_path, "user.large", value));
        var back = new byte[65_536];
        Assert.Equal(value.Length, Posix.GetXattr(_path, "user.large", back));
        Assert.True(value.AsSpan().SequenceEqual(back.AsSpan(0, value.Length)));
    }

    [Fact]
    public void Statfs_shows_what_is_free()
    {
        var drive = new DriveInfo(_mount.Path);
        Assert.Equal(8L << 30, drive.TotalSize);
        Assert.InRange(drive.AvailableFreeSpace, 1, drive.TotalSize - 1 - 511);
    }
}
