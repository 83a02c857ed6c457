using System.Globalization;
using System.Text;
using static SealFs.Fuse.Tests.Posix;

namespace SealFs.Client.Tests.Posix;

/// <summary>Names and what may be done with them.</summary>
[Collection(PosixSuite.Name)]
public sealed class NameTests(PosixTarget target)
{
    private const int ENOENT = -2;
    private const int EEXIST = -17;
    private const int ENOTDIR = -20;
    private const int EISDIR = -21;
    private const int EINVAL = -22;
    private const int ENAMETOOLONG = -36;
    private const int ENOTEMPTY = -39;
    private const uint NoReplace = 1;
    private const uint Exchange = 2;

    private readonly string _directory = target.NewDirectory();

    public static TheoryData<byte[]> StrangeNames => new()
    {
        Encoding.UTF8.GetBytes(new string('n', 255)),
        "new\nline"u8.ToArray(),
        "$HOME `x` *?"u8.ToArray(),
        new byte[] { 0xFF, 0xFE, 0x80, 1 },
        Encoding.UTF8.GetBytes("грань…"),
        " "u8.ToArray(),
        "..."u8.ToArray(),
    };

    [Theory]
    [MemberData(nameof(StrangeNames))]
    public void A_name_is_any_bytes(byte[] name)
    {
        Make(name, "content"u8);
        Assert.Equal([Encoding.Latin1.GetString(name)], List(_directory));
        Assert.Equal("content"u8, ReadAll(At(_directory, name)));
        Assert.Equal(EEXIST, Open(At(_directory, name), O_CREAT | O_EXCL | O_WRONLY));
        Assert.Equal(0, Rename(At(_directory, name), At(_directory, "plain")));
        Assert.Equal(ENOENT, Stat(At(_directory, name), out _));
        Assert.Equal(0, Unlink(At(_directory, "plain")));
        Assert.Empty(List(_directory));
    }

    [Fact]
    public void Names_over_255_bytes_are_refused()
    {
        var name = new string('x', 256);
        Assert.Equal(ENAMETOOLONG, Open(At(_directory, name), O_CREAT | O_WRONLY));
        Assert.Equal(ENAMETOOLONG, MkDir(At(_directory, name)));
        Assert.Equal(ENAMETOOLONG, Stat(At(_directory, name), out _));
    }

    [Fact]
    public void A_path_of_4095_bytes_works()
    {
        var part = new string('d', 200);
        var path = _directory;
        while (path.Length + 1 + part.Length < 4000)
        {
            path = $"{path}/{part}";
            Assert.Equal(0, MkDir(At(path, ".")[..^3].Append((byte)0).ToArray()));
        }
        var file = new string('f', 4095 - path.Length - 1);
        Assert.Equal(4096, At(path, file).Length);
        var fd = Open(At(path, file), O_CREAT | O_RDWR);
        Assert.True(fd >= 0);
        Close(fd);
        Assert.Equal(0, Stat(At(path, file), out _));
        Assert.Equal(ENAMETOOLONG, Stat(At(path, file + "x"), out _));
    }

    [Fact]
    public void Directories_are_made_and_removed()
    {
        Assert.Equal(0, MkDir(At(_directory, "d")));
        Assert.Equal(EEXIST, MkDir(At(_directory, "d")));
        Assert.Equal(3u, Stat(At(_directory, ".")).Links);
        Assert.Equal(0, MkDir(At(_directory, "d/e")));
        Assert.Equal(ENOTEMPTY, RmDir(At(_directory, "d")));
        Assert.Equal(EISDIR, Unlink(At(_directory, "d")));
        Assert.Equal(0, RmDir(At(_directory, "d/e")));
        Assert.Equal(0, RmDir(At(_directory, "d")));
        Assert.Equal(ENOENT, RmDir(At(_directory, "d")));
        Make("f"u8, "x"u8);
        Assert.Equal(ENOTDIR, RmDir(At(_directory, "f")));
        Assert.Equal(ENOTDIR, MkDir(At(_directory, "f/g")));
        Assert.Equal(2u, Stat(At(_directory, ".")).Links);
    }

    [Fact]
    public void Rename_replaces_refuses_and_exchanges()
    {
        Make("a"u8, "A"u8);
        Make("b"u8, "B"u8);
        Assert.Equal(EEXIST, Rename(At(_directory, "a"), At(_directory, "b"), NoReplace));
        Assert.Equal(0, Rename(At(_directory, "a"), At(_directory, "b"), Exchange));
        Assert.Equal("B"u8, ReadAll(At(_directory, "a")));
        Assert.Equal(0, Rename(At(_directory, "a"), At(_directory, "b")));
        Assert.Equal("B"u8, ReadAll(At(_directory, "b")));
        Assert.Equal(["b"], List(_directory));
        Assert.Equal(ENOENT, Rename(At(_directory, "a"), At(_directory, "b")));
        Assert.Equal(0, MkDir(At(_directory, "d")));
        Assert.Equal(EISDIR, Rename(At(_directory, "b"), At(_directory, "d")));
        Assert.Equal(ENOTDIR, Rename(At(_directory, "d"), At(_directory, "b")));
        Assert.Equal(EINVAL, Rename(At(_directory, "d"), At(_directory, "d/e")));
        Assert.Equal(0, Rename(At(_directory, "b"), At(_directory, "d/b")));
        Assert.Equal(0, MkDir(At(_directory, "t")));
        Assert.Equal(ENOTEMPTY, Rename(At(_directory, "t"), At(_directory, "d")));
        Assert.Equal(0, Rename(At(_directory, "d"), At(_directory, "t")));
        Assert.Equal("B"u8, ReadAll(At(_directory, "t/b")));
    }

    [Fact]
    public void Hard_links_share_an_inode()
    {
        Make("a"u8, "x"u8);
        Assert.Equal(0, MkDir(At(_directory, "d")));
        Assert.Equal(0, Link(At(_directory, "a"), At(_directory, "d/b")));
        Assert.Equal(2u, Stat(At(_directory, "a")).Links);
        Assert.Equal(Stat(At(_directory, "a")).Inode, Stat(At(_directory, "d/b")).Inode);
        Assert.Equal(EEXIST, Link(At(_directory, "a"), At(_directory, "d/b")));
        Assert.Equal(0, Unlink(At(_directory, "a")));
        Assert.Equal("x"u8, ReadAll(At(_directory, "d/b")));
        Assert.Equal(1u, Stat(At(_directory, "d/b")).Links);
    }

    [Fact]
    public void Symbolic_links_keep_their_target()
    {
        byte[] target = [.. "any/thing "u8, 0xFF];
        Assert.Equal(0, Symlink([.. target, 0], At(_directory, "s")));
        Assert.Equal(target, ReadLink(At(_directory, "s")));
        Assert.Equal((ulong)target.Length, Stat(At(_directory, "s")).Size);
        Assert.Equal(0, Symlink([.. Enumerable.Repeat((byte)'t', 4000), 0], At(_directory, "long")));
        Assert.Equal(4000, ReadLink(At(_directory, "long")).Length);
    }

    [Fact]
    public void A_listing_is_whole_and_without_repetition()
    {
        var names = Enumerable.Range(0, 3000).Select(i => $"entry{i}").ToHashSet();
        foreach (var name in names)
            Make(Encoding.UTF8.GetBytes(name), default);
        foreach (var bytes in new[] { 400, 4096, 32768 })
        {
            var listed = List(_directory, bytes);
            Assert.Equal(names.Count, listed.Count);
            Assert.True(names.SetEquals(listed));
        }
        foreach (var name in names)
            Assert.Equal(0, Unlink(At(_directory, name)));
        Assert.Empty(List(_directory));
    }

    /// <summary>The kernel asks for names, or for attributes as well, as the program looks at the entries or not, and changes its mind in the middle of a listing.</summary>
    [Theory]
    [InlineData(0)]
    [InlineData(100)]
    [InlineData(int.MaxValue)]
    public void A_large_directory_is_listed_whole_from_wherever_its_entries_are_looked_at(int lookFrom)
    {
        const int Files = 1200;
        for (var number = 0; number < Files; number++)
            Make(Encoding.UTF8.GetBytes($"file-{number}"), new byte[number % 7]);
        var seen = new HashSet<string>();
        foreach (var file in new DirectoryInfo(_directory).EnumerateFiles())
        {
            Assert.True(seen.Add(file.Name), $"{file.Name} came twice");
            if (seen.Count > lookFrom)
                Assert.Equal(int.Parse(file.Name.AsSpan(5), CultureInfo.InvariantCulture) % 7, file.Length);
        }
        Assert.Equal(Files, seen.Count);
    }

    [Fact]
    public void Special_files_keep_their_kind()
    {
        Assert.Equal(0, MkNod(At(_directory, "fifo"), 0x1180 | 0x1000, 0));
        Assert.Equal(0x1000, Stat(At(_directory, "fifo")).Mode & 0xF000);
        Assert.Equal(0, MkNod(At(_directory, "null"), 0x2000 | 0x1B6, 0x103));
        Assert.Equal((1u, 3u), (Stat(At(_directory, "null")).DeviceMajor, Stat(At(_directory, "null")).DeviceMinor));
    }

    private void Make(ReadOnlySpan<byte> name, ReadOnlySpan<byte> content)
    {
        var fd = Open(At(_directory, name), O_CREAT | O_EXCL | O_RDWR);
        Assert.True(fd >= 0, $"open: {fd}");
        if (content.Length > 0)
            Assert.Equal(content.Length, Write(fd, content, 0));
        Assert.Equal(0, Close(fd));
    }

    private static byte[] ReadAll(byte[] path)
    {
        var fd = Open(path, O_RDONLY);
        Assert.True(fd >= 0, $"open: {fd}");
        var buffer = new byte[4096];
        var length = Read(fd, buffer, 0);
        Close(fd);
        return buffer[..(int)length];
    }
}
