using SealFs.Core.Control;
using SealFs.Fuse;

namespace SealFs.Client.Runtime;

/// <summary>
/// Everything that a worker needs to serve a mount without asking anybody: a worker that replaces a dead one must not wait for a manager.
/// </summary>
public sealed record WorkerParameters
{
    public required MountOptions Options { get; init; }

    /// <summary>Session, token, volume and cluster map, under which the worker serves until it hears newer ones.</summary>
    public required ClientSession Session { get; init; }

    /// <summary>Counts the workers of this session from 0; tells their entries in the servers' memory of answers apart.</summary>
    public ushort Generation { get; init; }

    /// <summary>The mounted descriptor of /dev/fuse and its clones.</summary>
    public required IReadOnlyList<int> FuseDescriptors { get; init; }

    public required FuseNegotiated Negotiated { get; init; }

    /// <summary>A worker was there before: go on with what it had not answered.</summary>
    public bool IsSuccessor { get; init; }

    /// <summary>
    /// The memory that outlives a worker: written data on their way, open files, and on older kernels the requests themselves. Null pages on the first start. -1: the runtime makes its own.
    /// </summary>
    public int ArenaDescriptor { get; init; } = -1;

    /// <summary>Size of the memory behind <see cref="ArenaDescriptor"/> in bytes: <see cref="ClientRuntime.ArenaBytesFor"/>.</summary>
    public long ArenaBytes { get; init; }

    /// <summary>A pipe that the keeper never writes to: when it ends, the keeper is dead, and the worker gives way to whoever goes on. -1: there is none.</summary>
    public int LifelineDescriptor { get; init; } = -1;
}
