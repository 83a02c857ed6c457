using SealFs.Core;
using SealFs.Fuse;

namespace SealFs.Client.Runtime;

/// <summary>The volume that is mounted, as the manager described it when the session was opened.</summary>
public sealed record MountedVolume
{
    public required VolumeId Id { get; init; }

    public required InodeId Root { get; init; }

    public required uint ChunkSizeBytes { get; init; }

    public required uint InlineLimitBytes { get; init; }

    /// <summary>Every mutation reaches stable storage before it is answered.</summary>
    public bool SyncDurability { get; init; }
}

/// <summary>
/// Everything that a worker needs to serve a mount without asking anybody: a worker that replaces a dead one must not wait for a manager.
/// </summary>
public sealed record WorkerParameters
{
    public required MountOptions Options { get; init; }

    public required MountedVolume Volume { get; init; }

    public required SessionId Session { get; init; }

    /// <summary>Signed by the manager; renewed in the background.</summary>
    public required byte[] Token { get; init; }

    /// <summary>The cluster map, as <c>ClusterMapCodec</c> writes it.</summary>
    public required byte[] Map { get; init; }

    /// <summary>Counts the workers of this session from 0; tells their entries in the servers' memory of answers apart.</summary>
    public ushort Generation { get; init; }

    /// <summary>The mounted descriptor of /dev/fuse and its clones.</summary>
    public required IReadOnlyList<int> FuseDescriptors { get; init; }

    public required FuseNegotiated Negotiated { get; init; }

    /// <summary>A worker was there before: ask the kernel to send again what it had not answered.</summary>
    public bool ResendFirst { get; init; }

    /// <summary>
    /// The memory that outlives a worker: written data on their way, open files. Null pages on the first start. -1: the runtime makes its own.
    /// </summary>
    public int ArenaDescriptor { get; init; } = -1;

    /// <summary>Size of the memory behind <see cref="ArenaDescriptor"/> in bytes; computed from the options, see <c>WriteArenaLayout</c>.</summary>
    public long ArenaBytes { get; init; }
}
