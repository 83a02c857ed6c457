using SealFs.Core;
using SealFs.Core.Rpc;
using SealFs.Core.Security;

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

    /// <summary>With which TLS is spoken to storage nodes that ask for it; null: those cannot be reached.</summary>
    public ICredentialSource? Credentials { get; init; }

    /// <summary>Makes the connections to storage nodes.</summary>
    public RpcConnector Connect { get; init; } = RpcChannel.Connect;

    /// <summary>Milliseconds of the clock, for deadlines.</summary>
    public long NowMs => Time.Milliseconds();

    /// <summary>The time of day as servers keep it: nanoseconds since 1970.</summary>
    internal long NowNs => (Time.GetUtcNow().Ticks - DateTime.UnixEpoch.Ticks) * 100;
}
