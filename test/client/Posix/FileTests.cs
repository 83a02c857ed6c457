using System.IO.MemoryMappedFiles;
using static SealFs.Fuse.Tests.Posix;

namespace SealFs.Client.Tests.Posix;

/// <summary>Data of files.</summary>
[Collection(PosixSuite.Name)]
public sealed class FileTests(PosixTarget target)
{
    private const int KeepSize = 1;
    private const int PunchHole = 2;
    private const int ENXIO = -6;
    private const int EOPNOTSUPP = -95;
    private const int CollapseRange = 8;

    private readonly string _directory = target.NewDirectory();

    [Fact]
    public void Appends_follow_each_other()
    {
        var path = At(_directory, "log");
        var first = Open(path, O_CREAT | O_WRONLY | O_APPEND);
        var second = Open(path, O_WRONLY | O_APPEND);
        Assert.Equal(3, Append(first, "one"u8));
        Assert.Equal(3, Append(second, "two"u8));
        Assert.Equal(5, Append(first, "three"u8));
        Close(first);
        Close(second);
        Assert.Equal("onetwothree", File.ReadAllText(Path.Combine(_directory, "log")));
    }

    [Fact]
    public void The_size_is_known_before_the_file_is_closed()
    {
        var path = At(_directory, "f");
        var fd = Open(path, O_CREAT | O_RDWR);
        Assert.Equal(5, Write(fd, "hello"u8, 100));
        Assert.Equal(105ul, Stat(path).Size);
        var buffer = new byte[200];
        Assert.Equal(105, Read(fd, buffer, 0));
        Assert.Equal(0, buffer[99]);
        Assert.Equal((byte)'h', buffer[100]);
        Close(fd);
    }

    [Fact]
    public void Truncation_cuts_and_the_rest_reads_as_zeros()
    {
        var path = At(_directory, "f");
        var fd = Open(path, O_CREAT | O_RDWR);
        var data = new byte[200_000];
        data.AsSpan().Fill(7);
        Assert.Equal(data.Length, Write(fd, data, 0));
        Assert.Equal(0, Truncate(path, 100_000));
        Assert.Equal(0, Truncate(path, 150_000));
        var back = new byte[data.Length];
        Assert.Equal(150_000, Read(fd, back, 0));
        Assert.All(back[..100_000], value => Assert.Equal(7, value));
        Assert.All(back[100_000..150_000], value => Assert.Equal(0, value));
        Close(fd);
        fd = Open(path, O_WRONLY | O_TRUNC);
        Assert.Equal(0ul, Stat(path).Size);
        Close(fd);
    }

    [Fact]
    public void A_file_of_100_GiB_may_be_sparse()
    {
        const long Far = 100L << 30;
        var path = At(_directory, "sparse");
        var fd = Open(path, O_CREAT | O_RDWR);
        Assert.Equal(4, Write(fd, "tail"u8, Far));
        Assert.Equal((ulong)Far + 4, Stat(path).Size);
        var buffer = new byte[10];
        Assert.Equal(10, Read(fd, buffer, 50L << 30));
        Assert.All(buffer, value => Assert.Equal(0, value));
        Assert.Equal(4, Read(fd, buffer, Far));
        Assert.Equal("tail"u8, buffer.AsSpan(0, 4));
        Assert.True(Stat(path).Blocks < 100_000);
        Close(fd);
        Assert.Equal(0, Unlink(path));
    }

    [Fact]
    public void An_unlinked_file_lives_while_it_is_open()
    {
        var path = At(_directory, "f");
        var fd = Open(path, O_CREAT | O_RDWR);
        Assert.Equal(4, Write(fd, "data"u8, 0));
        Assert.Equal(0, FSync(fd));
        Assert.Equal(0, Unlink(path));
        Assert.Equal(3, Write(fd, "new"u8, 4));
        Assert.Equal(0, FSync(fd));
        var buffer = new byte[10];
        Assert.Equal(7, Read(fd, buffer, 0));
        Assert.Equal("datanew"u8, buffer.AsSpan(0, 7));
        Assert.Equal(0, Close(fd));
        Assert.Empty(List(_directory));
    }

    [Fact]
    public void Holes_are_punched_found_and_refused_where_impossible()
    {
        var path = At(_directory, "f");
        var fd = Open(path, O_CREAT | O_RDWR);
        var data = new byte[512 * 1024];
        data.AsSpan().Fill(9);
        Assert.Equal(data.Length, Write(fd, data, 0));
        Assert.Equal(0, FAllocate(fd, PunchHole | KeepSize, 128 * 1024, 128 * 1024));
        var back = new byte[data.Length];
        Assert.Equal(data.Length, Read(fd, back, 0));
        Assert.Equal(9, back[(128 * 1024) - 1]);
        Assert.Equal(0, back[128 * 1024]);
        Assert.Equal(9, back[256 * 1024]);
        Assert.Equal(128 * 1024, Seek(fd, 0, SEEK_HOLE));
        Assert.Equal(256 * 1024, Seek(fd, 128 * 1024, SEEK_DATA));
        Assert.Equal(data.Length, Seek(fd, 256 * 1024, SEEK_HOLE));
        Assert.Equal(ENXIO, Seek(fd, data.Length, SEEK_DATA));
        Assert.Equal(0, FAllocate(fd, 0, 0, 1 << 20));
        Assert.Equal(1ul << 20, Stat(path).Size);
        Assert.Equal(0, FAllocate(fd, KeepSize, 0, 2 << 20));
        Assert.Equal(1ul << 20, Stat(path).Size);
        Assert.Equal(EOPNOTSUPP, FAllocate(fd, CollapseRange, 0, 65536));
        Close(fd);
    }

    [Fact]
    public void A_mapped_file_is_read_and_written()
    {
        var path = Path.Combine(_directory, "mapped");
        File.WriteAllBytes(path, new byte[100_000]);
        using (var map = MemoryMappedFile.CreateFromFile(path, FileMode.Open))
        using (var view = map.CreateViewAccessor())
        {
            view.Write(50_000, 0x12345678);
            view.Flush();
        }
        Assert.Equal(0x12345678, BitConverter.ToInt32(File.ReadAllBytes(path), 50_000));
    }

    /// <summary>Random writes, reads, truncations and reopenings of a file over several chunks, against an array of bytes.</summary>
    [Fact]
    public void A_file_behaves_as_an_array_of_bytes()
    {
        var path = At(_directory, "model");
        var random = new Random(20251122);
        var model = new byte[9_000_000];
        var size = 0;
        var fd = Open(path, O_CREAT | O_RDWR);
        for (var i = 0; i < 300; i++)
        {
            var offset = random.Next(random.Next(4) == 0 ? model.Length - 200_000 : 300_000);
            var length = random.Next(1, random.Next(3) == 0 ? 200_000 : 6_000);
            switch (random.Next(10))
            {
                case < 5:
                    var data = new byte[length];
                    random.NextBytes(data);
                    Assert.Equal(length, Write(fd, data, offset));
                    data.CopyTo(model, offset);
                    size = Math.Max(size, offset + length);
                    break;
                case < 8:
                    var buffer = new byte[length];
                    var expected = Math.Clamp(size - offset, 0, length);
                    Assert.Equal(expected, Read(fd, buffer, offset));
                    Assert.True(model.AsSpan(offset, expected).SequenceEqual(buffer.AsSpan(0, expected)), $"step {i}: read at {offset}");
                    break;
                case 8:
                    Assert.Equal(0, Truncate(path, offset));
                    model.AsSpan(Math.Min(offset, size)).Clear();
                    size = offset;
                    break;
                default:
                    Assert.Equal(0, Close(fd));
                    fd = Open(path, O_RDWR);
                    break;
            }
            Assert.Equal((ulong)size, Stat(path).Size);
        }
        Close(fd);
    }
}
