using SealFs.Fuse.Abi;

namespace SealFs.Fuse.Tests;

/// <summary>A <see cref="ScriptedFileSystem"/> on a mount whose descriptors the test holds, so that several sessions can serve it in turn.</summary>
internal sealed class MountedScript : IDisposable
{
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("sealfs-fuse-");
    private readonly List<int> _descriptors = [];
    private readonly List<FuseSession> _sessions = [];

    private readonly int _memory = -1;

    public MountedScript(FuseMountOptions? mount = null, int workers = 2, FuseHandshakeOptions? handshake = null)
    {
        Workers = workers;
        _descriptors.Add(FuseMount.Mount(_directory.FullName, mount ?? new FuseMountOptions()));
        Negotiated = FuseHandshake.Perform(_descriptors[0], handshake ?? new FuseHandshakeOptions());
        for (var i = 1; i < workers; i++) _descriptors.Add(FuseMount.Clone(_descriptors[0]));
        if (!Negotiated.Has(FuseInitFlags.FUSE_HAS_RESEND)) _memory = Posix.Memory(FuseRequestMemory.BytesFor(Negotiated));
    }

    public int Workers { get; }

    public FuseNegotiated Negotiated { get; }

    public string Path => _directory.FullName;

    public byte[] File => Posix.At(Path, "f");

    /// <summary>Starts a session; the descriptors stay the test's.</summary>
    public FuseSession Serve(FuseFileSystem fileSystem, Func<FuseSessionOptions, FuseSessionOptions>? change = null)
    {
        var options = new FuseSessionOptions
        {
            Descriptors = _descriptors,
            Negotiated = FuseNegotiated.FromBytes(Negotiated.ToBytes()),
            WorkerThreads = Workers,
            OwnsDescriptors = false,
            RequestMemory = _memory < 0 ? null : new FuseRequestMemory(_memory, 0),
        };
        var session = new FuseSession(fileSystem, change?.Invoke(options) ?? options);
        _sessions.Add(session);
        session.Start();
        return session;
    }

    /// <summary>Opens the file and reads it, on a thread of its own; the result is the length or a negated errno.</summary>
    public Task<long> ReadLater() => Task.Factory.StartNew(() => Read(new byte[64]), TaskCreationOptions.LongRunning);

    public long Read(Span<byte> buffer)
    {
        var fd = Posix.Open(File, Posix.O_RDONLY);
        if (fd < 0) return fd;
        var result = Posix.Read(fd, buffer, 0);
        Posix.Close(fd);
        return result;
    }

    /// <summary>Opens the file and writes bytes of one value, on a thread of its own; the result is the length or a negated errno.</summary>
    public Task<long> WriteLater(int sizeBytes, byte value) => Task.Factory.StartNew(() =>
    {
        var content = new byte[sizeBytes];
        content.AsSpan().Fill(value);
        var fd = Posix.Open(File, Posix.O_WRONLY);
        if (fd < 0) return fd;
        var result = Posix.Write(fd, content, 0);
        Posix.Close(fd);
        return result;
    }, TaskCreationOptions.LongRunning);

    public void Dispose()
    {
        FuseConnection.Find(Path)?.Abort();
        try
        {
            FuseMount.Unmount(Path, lazy: true);
        }
        catch (FuseException)
        {
            // The test has unmounted it.
        }
        foreach (var session in _sessions) session.Dispose();
        _descriptors.ForEach(FuseMount.Close);
        if (_memory >= 0) Posix.Close(_memory);
        _directory.Delete();
    }
}
