using System.Diagnostics;
using static SealFs.Fuse.Tests.Posix;

namespace SealFs.Client.Tests.Posix;

/// <summary>Directories that are removed or replaced while somebody holds them.</summary>
[Collection(PosixSuite.Name)]
public sealed class RemovedDirectoryTests(PosixTarget target)
{
    private const int O_DIRECTORY = 0x10000;
    private const int ENOENT = -2;

    private readonly string _directory = target.NewDirectory();

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void An_open_directory_lives_until_it_is_closed(bool isReplaced)
    {
        var path = At(_directory, "d");
        Assert.Equal(0, MkDir(path));
        Assert.Equal(0, ChMod(path, 0x1C0));
        var fd = Open(path, O_RDONLY | O_DIRECTORY);
        Assert.True(fd >= 0);
        var inode = Stat(path).Inode;
        if (isReplaced)
        {
            Assert.Equal(0, MkDir(At(_directory, "e")));
            Assert.Equal(0, Rename(At(_directory, "e"), path));
        }
        else
        {
            Assert.Equal(0, RmDir(path));
        }

        Assert.Equal(0, Stat(fd, out var status));
        Assert.Equal((inode, 0u, 0x41C0), (status.Inode, status.Links, (int)status.Mode));
        Assert.Equal(0, FChMod(fd, 0x1ED));
        Assert.Equal(0, Stat(fd, out status));
        Assert.Equal(0x41ED, status.Mode);
        Assert.True(CountEntries(fd) is 0 or ENOENT);
        Assert.Equal(ENOENT, OpenAt(fd, "new", O_CREAT | O_WRONLY));
        Assert.Equal(ENOENT, OpenAt(fd, "old", O_RDONLY));
        Assert.Equal(0, FSync(fd));
        Assert.Equal(isReplaced ? 0 : ENOENT, Stat(path, out _));
        Assert.Equal(0, Close(fd));
        Assert.Equal(isReplaced ? ["d"] : [], List(_directory));
    }

    [Fact]
    public void A_working_directory_lives_until_it_is_left()
    {
        Assert.Equal(0, MkDir(At(_directory, "d")));
        var start = new ProcessStartInfo("sh", ["-c", "cd d && rmdir ../d && chmod 711 . && stat -c '%a %h %F' . && ! touch x 2>/dev/null && cd .. && stat -c %F ."])
        {
            WorkingDirectory = _directory,
            RedirectStandardOutput = true,
        };
        using var shell = Process.Start(start)!;
        Assert.Equal("711 0 directory\ndirectory\n", shell.StandardOutput.ReadToEnd());
        shell.WaitForExit();
        Assert.Equal(0, shell.ExitCode);
        Assert.Empty(List(_directory));
    }

    /// <summary>The kernel lets go of what nobody holds at once: a removed directory is not remembered longer than its holders.</summary>
    [Fact]
    public void A_name_is_free_for_another_directory()
    {
        for (var round = 0; round < 50; round++)
        {
            Assert.Equal(0, MkDir(At(_directory, "d")));
            var fd = Open(At(_directory, "d"), O_RDONLY | O_DIRECTORY);
            Assert.Equal(0, RmDir(At(_directory, "d")));
            Assert.Equal(0, MkDir(At(_directory, "d")));
            Assert.Equal(0, Stat(fd, out var removed));
            Assert.Equal(0u, removed.Links);
            Assert.Equal(2u, Stat(At(_directory, "d")).Links);
            Assert.Equal(0, Close(fd));
            Assert.Equal(0, RmDir(At(_directory, "d")));
        }
    }
}
