using SealFs.Fuse.MemoryFs;

namespace SealFs.Fuse.Tests;

/// <summary>Several threads at once, on the same directory and the same files.</summary>
public sealed class ConcurrencyTests : IDisposable
{
    private const int Threads = 8;
    private readonly MountedMemory _mount = new(new MemoryFileSystemOptions(), new FuseHostOptions { WorkerThreads = 4 });

    public void Dispose() => _mount.Dispose();

    [Fact]
    public void Files_made_moved_and_removed_by_many_threads_leave_nothing_behind()
    {
        Parallel(thread =>
        {
            for (var i = 0; i < 300; i++)
            {
                var path = _mount.At($"t{thread}-{i}");
                var moved = _mount.At($"t{thread}-{i}-moved");
                var fd = Posix.Open(path, Posix.O_CREAT | Posix.O_EXCL | Posix.O_RDWR);
                Assert.True(fd >= 0, $"errno {-fd}");
                Assert.Equal(3, Posix.Write(fd, "abc"u8, 0));
                Assert.Equal(0, Posix.Close(fd));
                Assert.Equal(0, Posix.Rename(path, moved));
                Assert.Equal(3ul, Posix.Stat(moved).Size);
                Assert.Equal(0, Posix.Unlink(moved));
            }
        });
        Assert.Empty(Posix.List(_mount.Path));
        Assert.True(SpinWait.SpinUntil(() => _mount.FileSystem is { InodeCount: 1, UsedBytes: 0 }, TimeSpan.FromSeconds(20)),
            $"{_mount.FileSystem.InodeCount} inodes and {_mount.FileSystem.UsedBytes} bytes are left");
    }

    [Fact]
    public void One_of_many_wins_the_race_for_a_name()
    {
        for (var round = 0; round < 50; round++)
        {
            var winners = 0;
            var path = _mount.At($"round-{round}");
            Parallel(_ =>
            {
                var fd = Posix.Open(path, Posix.O_CREAT | Posix.O_EXCL | Posix.O_RDWR);
                if (fd == -FuseErrno.EEXIST) return;
                Assert.True(fd >= 0, $"errno {-fd}");
                Interlocked.Increment(ref winners);
                Posix.Close(fd);
            });
            Assert.Equal(1, winners);
        }
    }

    [Fact]
    public void Many_threads_append_without_losing_a_byte()
    {
        var path = _mount.File("log", default);
        Parallel(thread =>
        {
            var fd = Posix.Open(path, Posix.O_WRONLY | Posix.O_APPEND);
            var line = new byte[100];
            Array.Fill(line, (byte)('a' + thread));
            for (var i = 0; i < 200; i++) Assert.Equal(100, Posix.Append(fd, line));
            Posix.Close(fd);
        });
        var content = _mount.Content(path);
        Assert.Equal(Threads * 200 * 100, content.Length);
        for (var i = 0; i < content.Length; i += 100) Assert.Equal(-1, content.AsSpan(i, 100).IndexOfAnyExcept(content[i]));
    }

    private static void Parallel(Action<int> body)
    {
        var tasks = Enumerable.Range(0, Threads).Select(thread => Task.Factory.StartNew(() => body(thread), TaskCreationOptions.LongRunning)).ToArray();
        Assert.True(Task.WaitAll(tasks, TimeSpan.FromSeconds(60)));
    }
}
