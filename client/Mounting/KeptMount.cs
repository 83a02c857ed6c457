using SealFs.Client.Runtime;
using SealFs.Fuse;

namespace SealFs.Client.Mounting;

/// <summary>
/// What must outlive every worker: the mount, all descriptors of its connection, the outcome of FUSE_INIT (it comes once) and the arena with written data on
/// their way. When the last descriptor of any clone closes, the requests that were read through it end with ECONNABORTED, so the keeper holds them all.
/// </summary>
internal sealed class KeptMount : IDisposable
{
    private readonly List<int> _descriptors;
    private readonly InheritedMemory _arena;

    private KeptMount(string directory, List<int> descriptors, FuseNegotiated negotiated, InheritedMemory arena, long arenaBytes)
    {
        Directory = directory;
        _descriptors = descriptors;
        Negotiated = negotiated;
        _arena = arena;
        ArenaBytes = arenaBytes;
    }

    public string Directory { get; }

    public IReadOnlyList<int> Descriptors => _descriptors;

    public FuseNegotiated Negotiated { get; }

    public int ArenaDescriptor => _arena.Descriptor;

    public long ArenaBytes { get; }

    /// <exception cref="FuseException">The kernel refused the mount.</exception>
    public static KeptMount Create(MountOptions options)
    {
        var arenaBytes = ClientRuntime.ArenaBytesFor(options);
        var arena = InheritedMemory.Create("sealfs-arena", arenaBytes);
        var descriptors = new List<int>();
        try
        {
            descriptors.Add(FuseMount.Mount(options.Directory, MountOptionsFor(options)));
            var negotiated = FuseHandshake.Perform(descriptors[0], ClientRuntime.HandshakeFor(options));
            for (var i = 1; i < options.EffectiveWorkerThreads; i++)
                descriptors.Add(FuseMount.Clone(descriptors[0]));
            descriptors.ForEach(Native.MakeInheritable);
            return new KeptMount(options.Directory, descriptors, negotiated, arena, arenaBytes);
        }
        catch
        {
            if (descriptors.Count > 0)
                FuseMount.Unmount(options.Directory, lazy: true);
            descriptors.ForEach(FuseMount.Close);
            arena.Dispose();
            throw;
        }
    }

    /// <summary>False when somebody still uses the mount.</summary>
    public bool TryUnmount()
    {
        try
        {
            FuseMount.Unmount(Directory);
            return true;
        }
        catch (FuseException e) when (e.Errno == FuseErrno.EBUSY)
        {
            return false;
        }
        catch (FuseException e) when (e.Errno is FuseErrno.EINVAL or FuseErrno.ENOENT)
        {
            // Somebody else has unmounted it.
            return true;
        }
    }

    /// <summary>Takes the mount out of the tree and fails whatever still waits in it, so that no application stays in an uninterruptible sleep.</summary>
    public void Abort()
    {
        var connection = FuseConnection.Find(Directory);
        Detach();
        connection?.Abort();
    }

    public void Detach()
    {
        try
        {
            FuseMount.Unmount(Directory, lazy: true);
        }
        catch (FuseException e) when (e.Errno is FuseErrno.EINVAL or FuseErrno.ENOENT)
        {
            // It is gone already.
        }
    }

    public void Dispose()
    {
        _descriptors.ForEach(FuseMount.Close);
        _arena.Dispose();
    }

    private static FuseMountOptions MountOptionsFor(MountOptions options) => new()
    {
        Source = options.Volume,
        Subtype = "sealfs",
        AllowOther = options.AllowOther,
        ReadOnly = options.ReadOnly,
        MaxReadBytes = ClientRuntime.HandshakeFor(options).MaxTransferBytes,
    };
}
