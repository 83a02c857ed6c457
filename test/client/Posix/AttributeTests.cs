using static SealFs.Fuse.Tests.Posix;

namespace SealFs.Client.Tests.Posix;

/// <summary>Attributes, extended ones too.</summary>
[Collection(PosixSuite.Name)]
public sealed class AttributeTests(PosixTarget target)
{
    private const int ENODATA = -61;
    private const int ERANGE = -34;
    private const int EEXIST = -17;
    private const int E2BIG = -7;
    private const int XattrCreate = 1;
    private const int XattrReplace = 2;

    private readonly string _directory = target.NewDirectory();

    [Fact]
    public void Mode_owner_and_times_are_kept()
    {
        var path = Make("f");
        Assert.Equal(0, ChMod(path, 0xDB6));
        Assert.Equal(0xDB6, Stat(path).Mode & 0xFFF);
        Assert.Equal(0, ChOwn(path, 1234, 5678));
        Assert.Equal((1234u, 5678u), (Stat(path).Uid, Stat(path).Gid));
        Assert.Equal(0, SetTimes(path, 1_000_000_000, 123_456_789, -5, 999_999_999));
        var status = Stat(path);
        Assert.Equal((1_000_000_000L, 123_456_789u), (status.AccessSeconds, status.AccessNs));
        Assert.Equal((-5L, 999_999_999u), (status.ModifySeconds, status.ModifyNs));
    }

    /// <summary>ext4 keeps 34 bits of seconds; what does not fit becomes the first or the last of them.</summary>
    [Theory]
    [InlineData(-(1L << 31) + 1, 5, -(1L << 31) + 1, 5)]
    [InlineData(-1, 999_999_999, -1, 999_999_999)]
    [InlineData(9_223_372_036, 854_775_807, 9_223_372_036, 854_775_807)]
    [InlineData(9_223_372_037, 1, 9_223_372_037, 1)]
    [InlineData(12_622_780_800, 123_456_789, 12_622_780_800, 123_456_789)]
    [InlineData(15_032_385_534, 999_999_999, 15_032_385_534, 999_999_999)]
    [InlineData(15_032_385_535, 7, 15_032_385_535, 0)]
    [InlineData(15_032_385_536, 7, 15_032_385_535, 0)]
    [InlineData(99_999_999_999_999, 7, 15_032_385_535, 0)]
    [InlineData(-(1L << 31), 7, -(1L << 31), 0)]
    [InlineData(-(1L << 31) - 1, 7, -(1L << 31), 0)]
    [InlineData(-99_999_999_999_999, 7, -(1L << 31), 0)]
    public void Times_have_the_range_of_ext4(long seconds, uint ns, long shownSeconds, uint shownNs)
    {
        var path = Make("f");
        Assert.Equal(0, SetTimes(path, seconds, ns, seconds, ns));
        for (var look = 0; look < 2; look++)
        {
            var status = Stat(path);
            Assert.Equal((shownSeconds, shownNs), (status.ModifySeconds, status.ModifyNs));
            Assert.Equal((shownSeconds, shownNs), (status.AccessSeconds, status.AccessNs));

            // The second time the server is asked.
            Assert.Equal(0, ChMod(path, 0x1A5));
        }
    }

    [Fact]
    public void A_time_set_before_close_stays()
    {
        var path = At(_directory, "f");
        var fd = Open(path, O_CREAT | O_WRONLY);
        Assert.Equal(3, Write(fd, "abc"u8, 0));
        Assert.Equal(0, SetTimes(path, 1000, 0, 2000, 0));
        Assert.Equal(0, Close(fd));
        Assert.Equal(2000, Stat(path).ModifySeconds);
    }

    [Fact]
    public void A_change_of_entries_moves_the_directorys_time()
    {
        Assert.Equal(0, SetTimes(At(_directory, "."), 1000, 0, 1000, 0));
        Make("f");
        Assert.True(Stat(At(_directory, ".")).ModifySeconds > 1000);
        Assert.Equal(0, SetTimes(At(_directory, "."), 1000, 0, 1000, 0));
        Assert.Equal(0, Unlink(At(_directory, "f")));
        Assert.True(Stat(At(_directory, ".")).ModifySeconds > 1000);
    }

    [Fact]
    public void A_set_group_id_directory_hands_its_group_down()
    {
        Assert.Equal(0, MkDir(At(_directory, "d")));
        Assert.Equal(0, ChOwn(At(_directory, "d"), 0, 4321));
        Assert.Equal(0, ChMod(At(_directory, "d"), 0x5ED));
        Make("d/f");
        Assert.Equal(4321u, Stat(At(_directory, "d/f")).Gid);
        Assert.Equal(0, MkDir(At(_directory, "d/e")));
        Assert.Equal(4321u, Stat(At(_directory, "d/e")).Gid);
        Assert.Equal(0x400, Stat(At(_directory, "d/e")).Mode & 0x400);
    }

    [Fact]
    public void A_change_of_owner_clears_set_user_id()
    {
        var path = Make("f");
        Assert.Equal(0, ChMod(path, 0x9ED));
        Assert.Equal(0, ChOwn(path, 1, 1));
        Assert.Equal(0x1ED, Stat(path).Mode & 0xFFF);
    }

    /// <summary>As ext4: of everything but directories.</summary>
    [Theory]
    [InlineData(0x1000u)]
    [InlineData(0x2000u)]
    [InlineData(0x6000u)]
    [InlineData(0xC000u)]
    public void A_change_of_owner_clears_set_ids_of_special_files(uint type)
    {
        var path = At(_directory, "special");
        Assert.Equal(0, MkNod(path, type | 0x1FF, 0x103));
        Assert.Equal(0, ChMod(path, 0xDFF));
        Assert.Equal(0, ChOwn(path, 1, 1));
        Assert.Equal(0x1FF, Stat(path).Mode & 0xFFF);
        Assert.Equal(0, ChMod(path, 0xDED));
        Assert.Equal(0, ChOwn(path, 2, uint.MaxValue));
        Assert.Equal(0x1ED, Stat(path).Mode & 0xFFF);
        Assert.Equal(0, MkDir(At(_directory, "d")));
        Assert.Equal(0, ChMod(At(_directory, "d"), 0xDFF));
        Assert.Equal(0, ChOwn(At(_directory, "d"), 1, 1));
        Assert.Equal(0xDFF, Stat(At(_directory, "d")).Mode & 0xFFF);
    }

    /// <summary>No moment in which the bits are shown after the content has changed, also not to execve(2), which does not ask.</summary>
    [Fact]
    public void A_write_by_an_ordinary_user_clears_set_ids_at_once()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "needs root");
        var path = MakeSetId("f");
        var fd = Open(path, O_RDWR);
        Assert.Equal(0x9FF, Stat(path).Mode & 0xFFF);
        AsUser(12345, () => Assert.Equal(3, Write(fd, "abc"u8, 0)));
        Assert.Equal(0x1FFu, BelievedMode(path) & 0xFFF);
        Assert.Equal(0x1FF, Stat(path).Mode & 0xFFF);
        Assert.Equal(0, Close(fd));
        Assert.Equal(0x1FF, Stat(path).Mode & 0xFFF);
    }

    [Theory]
    [InlineData(0, 0, 65_536)]
    [InlineData(1, 0, 65_536)]
    [InlineData(3, 0, 4_096)]
    [InlineData(16, 0, 4_096)]
    [InlineData(17, 10_000_000, 65_536)]
    public void Fallocate_by_an_ordinary_user_clears_set_ids_at_once(int mode, long offset, long length)
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "needs root");
        var path = MakeSetId("f");
        var fd = Open(path, O_RDWR);
        Assert.Equal(0, FAllocate(fd, mode, offset, length));
        Assert.Equal(0x9FF, Stat(path).Mode & 0xFFF);
        AsUser(12345, () => Assert.Equal(0, FAllocate(fd, mode, offset, length)));
        Assert.Equal(0x1FFu, BelievedMode(path) & 0xFFF);
        Assert.Equal(0x1FF, Stat(path).Mode & 0xFFF);
        Assert.Equal(0, Close(fd));
    }

    [Fact]
    public void A_truncation_clears_set_ids_as_its_caller_may()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "needs root");
        var path = MakeSetId("f");
        Assert.Equal(0, Close(Open(path, O_WRONLY | O_TRUNC)));
        Assert.Equal(0x9FF, Stat(path).Mode & 0xFFF);

        // By way of an open file, because the directories above are root's.
        var fd = Open(path, O_RDWR);
        AsUser(12345, () => Assert.Equal(0, Close(Open(At("/proc/self/fd", $"{fd}"), O_WRONLY | O_TRUNC))));
        Assert.Equal(0x1FF, Stat(path).Mode & 0xFFF);
        Assert.Equal(0, Close(fd));
    }

    [Fact]
    public void Extended_attributes_follow_setxattr()
    {
        var path = Make("f");
        var buffer = new byte[70_000];
        Assert.Equal(ENODATA, GetXattr(path, "user.a", buffer));
        Assert.Equal(ENODATA, SetXattr(path, "user.a", "1"u8, XattrReplace));
        Assert.Equal(0, SetXattr(path, "user.a", "one"u8, XattrCreate));
        Assert.Equal(EEXIST, SetXattr(path, "user.a", "1"u8, XattrCreate));
        Assert.Equal(3, GetXattr(path, "user.a", buffer));
        Assert.Equal("one"u8, buffer.AsSpan(0, 3));
        Assert.Equal(ERANGE, GetXattr(path, "user.a", buffer.AsSpan(0, 2)));
        Assert.Equal(0, SetXattr(path, "user.empty", default));
        Assert.Equal(0, GetXattr(path, "user.empty", buffer));
        Assert.Equal("user.a\0user.empty\0".Length, ListXattr(path, buffer));
        Assert.Equal(0, RemoveXattr(path, "user.a"));
        Assert.Equal(ENODATA, RemoveXattr(path, "user.a"));
        Assert.Equal(E2BIG, SetXattr(path, "user.big", new byte[65_537]));
    }

    private byte[] Make(string name)
    {
        var path = At(_directory, name);
        var fd = Open(path, O_CREAT | O_EXCL | O_WRONLY);
        Assert.True(fd >= 0, $"open: {fd}");
        Close(fd);
        return path;
    }

    /// <summary>A file that everybody may write, set-user-id, with some content.</summary>
    private byte[] MakeSetId(string name)
    {
        var path = Make(name);
        Assert.Equal(0, ChMod(path, 0x9FF));
        var fd = Open(path, O_WRONLY);
        Assert.Equal(5, Write(fd, "hello"u8, 0));
        Close(fd);
        return path;
    }
}
