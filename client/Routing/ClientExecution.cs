using SealFs.Core;
using SealFs.Core.Rpc;

namespace SealFs.Client.Routing;

/// <summary>
/// What a client runs on: its clock, where its background work is done, its randomness, and how it reaches storage nodes. The default is what a process has; a simulation hands
/// in its own.
/// </summary>
public sealed record ClientExecution
{
    public TimeProvider Time { get; init; } = TimeProvider.System;

    public TaskFactory Tasks { get; init; } = BackgroundTasks.Default;

    public Random Random { get; init; } = Random.Shared;

    /// <summary>Makes the connections to storage nodes.</summary>
    public RpcConnector Connect { get; init; } = RpcChannel.Connect;

    /// <summary>Milliseconds of the clock, for deadlines.</summary>
    public long NowMs => Time.Milliseconds();
}
