using SealFs.Fuse.Mounting;

namespace SealFs.Fuse;

/// <summary>
/// The short way: mounts, does the handshake, makes one clone per worker beyond the first, and runs the session in this process.
/// A mount that must survive this process is put together by a keeper from the parts instead.
/// </summary>
public sealed class FuseHost : IDisposable
{
    private bool _unmounted;

    private FuseHost(string path, FuseSession session)
    {
        MountPath = path;
        Session = session;
    }

    public string MountPath { get; }

    public FuseSession Session { get; }

    /// <summary>Mounts and starts. The mount answers when this returns.</summary>
    public static FuseHost Start(string path, FuseFileSystem fileSystem, FuseHostOptions? options = null)
    {
        options ??= new FuseHostOptions();
        var descriptors = new List<int> { FuseMount.Mount(path, options.Mount) };
        try
        {
            var negotiated = FuseHandshake.Perform(descriptors[0], options.Handshake);
            for (var i = 1; i < options.WorkerThreads; i++) descriptors.Add(FuseMount.Clone(descriptors[0]));
            var session = new FuseSession(fileSystem, new FuseSessionOptions
            {
                Descriptors = descriptors,
                Negotiated = negotiated,
                WorkerThreads = options.WorkerThreads,
                Observer = options.Observer,
            });
            session.Start();
            return new FuseHost(Path.GetFullPath(path), session);
        }
        catch
        {
            descriptors.ForEach(FuseMount.Close);
            FuseMount.Unmount(path, lazy: true);
            throw;
        }
    }

    /// <summary>Unmounts and waits for the workers to end. Lazily, only for what is answered already.</summary>
    /// <exception cref="FuseException">EBUSY: the mount is in use, and goes on.</exception>
    public void Unmount(bool lazy = false)
    {
        if (_unmounted) return;
        FuseMount.Unmount(MountPath, lazy);
        _unmounted = true;
        if (!lazy) Session.Ended.Wait();
    }

    /// <summary>Unmounts, lazily if it is in use, and closes everything.</summary>
    public void Dispose()
    {
        // Somebody else may have unmounted it; fusermount3 then complains in words, not with an errno.
        if (!_unmounted && MountTable.FindMinor(MountPath) != null) Unmount(lazy: true);
        Session.Dispose();
    }
}
