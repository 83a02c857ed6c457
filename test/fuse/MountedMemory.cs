using SealFs.Fuse.MemoryFs;

namespace SealFs.Fuse.Tests;

/// <summary>The memory sample on a mount of its own below /tmp; unmounted at the end, whatever happened.</summary>
internal sealed class MountedMemory : IDisposable
{
    private readonly FuseHost _host;
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("sealfs-fuse-");

    public MountedMemory(MemoryFileSystemOptions? options = null, FuseHostOptions? hostOptions = null)
    {
        FileSystem = new MemoryFileSystem(options);
        _host = FuseHost.Start(_directory.FullName, FileSystem, hostOptions);
    }

    public MemoryFileSystem FileSystem { get; }

    public FuseSession Session => _host.Session;

    public string Path => _directory.FullName;

    public byte[] At(string name) => Posix.At(Path, name);

    public byte[] At(ReadOnlySpan<byte> name) => Posix.At(Path, name);

    /// <summary>Makes a file with these bytes.</summary>
    public byte[] File(string name, ReadOnlySpan<byte> content)
    {
        var path = At(name);
        var fd = Posix.Open(path, Posix.O_CREAT | Posix.O_EXCL | Posix.O_RDWR);
        Assert.True(fd >= 0, $"creating {name}: errno {-fd}");
        Assert.Equal(content.Length, Posix.Write(fd, content, 0));
        Assert.Equal(0, Posix.Close(fd));
        return path;
    }

    public byte[] Content(byte[] path)
    {
        var fd = Posix.Open(path, Posix.O_RDONLY);
        Assert.True(fd >= 0, $"errno {-fd}");
        var buffer = new byte[1 << 20];
        var length = Posix.Read(fd, buffer, 0);
        Posix.Close(fd);
        return buffer[..(int)length];
    }

    public void Dispose()
    {
        _host.Dispose();
        FileSystem.Dispose();
        _directory.Delete();
    }
}
