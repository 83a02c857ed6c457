using SealFs.Core;
using SealFs.Core.Rpc;

namespace SealFs.StorageNode.Hosting;

/// <summary>
/// What a node runs on besides its clock and disks: where its background work is done, its randomness, and how it reaches other nodes. The default is what a process
/// has; a simulation hands in its own, and then nothing of the node leaves the simulation's thread.
/// </summary>
public sealed record NodeExecution
{
    /// <summary>Work that goes on by itself and does not wait for a disk.</summary>
    public TaskFactory Tasks { get; init; } = BackgroundTasks.Default;

    /// <summary>Work that may wait for a disk. Null: threads of the node's own.</summary>
    public TaskFactory? DiskTasks { get; init; }

    /// <summary>Whatever a pause or a choice is drawn from.</summary>
    public Random Random { get; init; } = Random.Shared;

    /// <summary>Makes the connections to other nodes.</summary>
    public RpcConnector Connect { get; init; } = RpcChannel.Connect;

    /// <summary>Groups that receive what other nodes answer to transactions. None: each connection has a receiver of its own.</summary>
    public IReadOnlyList<RpcReceiverGroup> Lanes { get; init; } = [];
}
