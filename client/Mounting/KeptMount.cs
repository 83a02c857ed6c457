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

    private KeptMount(string directory, uint connectionId, List<int> descriptors, FuseNegotiated negotiated, InheritedMemory arena, long arenaBytes)
    {
        Directory = directory;
        ConnectionId = connectionId;
        _descriptors = descriptors;
        Negotiated = negotiated;
        _arena = arena;
        ArenaBytes = arenaBytes;
    }

    public string Directory { get; }

    /// <summary>The minor device number of the mount, which tells it from others on the same directory.</summary>
    public uint ConnectionId { get; }

    public IReadOnlyList<int> Descriptors => _descriptors;

    /// <summary>The arena's descriptor and those of /dev/fuse: what another process has to keep, in the order that <see cref="Adopt"/> takes.</summary>
    public IReadOnlyList<int> AllDescriptors => [_arena.Descriptor, .. _descriptors];

    public FuseNegotiated Negotiated { get; }

    public int ArenaDescriptor => _arena.Descriptor;

    public long ArenaBytes { get; }

    /// <summary>False once it is unmounted everywhere, or aborted.</summary>
    public bool IsAlive => IsConnected(_descriptors[0]);

    /// <summary>Whether the mount behind a descriptor of /dev/fuse is still there. The kernel answers by itself.</summary>
    public static unsafe bool IsConnected(int descriptor)
    {
        const short pollError = 8;
        var entry = new Native.PollEntry { Descriptor = descriptor };
        return Native.poll(&entry, 1, 0) >= 0 && (entry.Returned & pollError) == 0;
    }

    /// <summary>Goes on with a mount that another process made, with all its descriptors.</summary>
    public static KeptMount Adopt(MountOptions options, uint connectionId, FuseNegotiated negotiated, long arenaBytes, IReadOnlyList<int> descriptors) =>
        new(options.Directory, connectionId, [.. descriptors.Skip(1)], negotiated, InheritedMemory.Adopt(descriptors[0]), arenaBytes);

    /// <exception cref="FuseException">The kernel refused the mount.</exception>
    public static KeptMount Create(MountOptions options)
    {
        var directory = MountPoint.Resolve(options.Directory);
        InheritedMemory? arena = null;
        var descriptors = new List<int>();
        try
        {
            descriptors.Add(FuseMount.Mount(directory, MountOptionsFor(options)));
            var negotiated = FuseHandshake.Perform(descriptors[0], ClientRuntime.HandshakeFor(options));
            for (var i = 1; i < options.EffectiveWorkerThreads; i++)
                descriptors.Add(FuseMount.Clone(descriptors[0]));
            var arenaBytes = ClientRuntime.ArenaBytesFor(options, negotiated);
            arena = InheritedMemory.Create("sealfs-arena", arenaBytes);
            return new KeptMount(directory, FuseConnection.IdAt(directory) ?? 0, descriptors, negotiated, arena, arenaBytes);
        }
        catch
        {
            if (descriptors.Count > 0)
                FuseMount.Unmount(directory, lazy: true);
            descriptors.ForEach(FuseMount.Close);
            arena?.Dispose();
            throw;
        }
    }

    /// <summary>Whether it is what its directory shows.</summary>
    public bool IsInPlace => IsAlive && FuseConnection.IdAt(Directory) == ConnectionId;

    /// <summary>False when somebody still uses the mount.</summary>
    public bool TryUnmount()
    {
        if (!IsInPlace)
            return true;
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
        var connection = IsAlive ? FuseConnection.Of(ConnectionId) : null;
        Detach();
        connection?.Abort();
    }

    public void Detach()
    {
        if (FuseConnection.IdAt(Directory) != ConnectionId)
            return;
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
        NoAccessTimes = true,
        MaxReadBytes = ClientRuntime.HandshakeFor(options).MaxTransferBytes,
    };
}
