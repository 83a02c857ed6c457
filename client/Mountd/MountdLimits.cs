namespace SealFs.Client.Mountd;

/// <summary>The limits of mountd and of those who speak to it, each with its reason.</summary>
internal static class MountdLimits
{
    public const uint ProtocolVersion = 1;

    /// <summary>The largest message is a record with the map of 2^20 shards, some 16 MiB.</summary>
    public const int MaxBodyBytes = 64 << 20;

    /// <summary>Descriptors of one mount: the arena and one for each thread. The kernel passes 253 in one message.</summary>
    public const int MaxDescriptors = 250;

    /// <summary>Questions of one peer that are worked on; the orchestrator's own limit for a machine is 110 pods.</summary>
    public const int MaxCalls = 1024;

    /// <summary>Connections at once: a plugin, its successor during an upgrade, a successor of mountd, and who looks by mistake.</summary>
    public const int MaxConnections = 64;

    /// <summary>Mounts of one machine.</summary>
    public const int MaxMounts = 4096;

    /// <summary>Generations of workers that one mountd may use before its successor's begin.</summary>
    public const int GenerationsPerDaemon = 64;

    /// <summary>A peer that takes or sends nothing in the middle of a frame for this long is given up.</summary>
    public static readonly TimeSpan FrameLimit = TimeSpan.FromSeconds(10);

    /// <summary>Between two tries to reach a mountd that is not there: applications wait for it.</summary>
    public static readonly TimeSpan ReconnectDelay = TimeSpan.FromMilliseconds(25);

    /// <summary>Between two looks whether another mountd has gone.</summary>
    public static readonly TimeSpan StandbyDelay = TimeSpan.FromMilliseconds(50);

    /// <summary>How long a mount is kept waiting for its worker to write back when it is handed over; then the worker is killed, and its successor finds the rest in the arena.</summary>
    public static readonly TimeSpan HandOverDrain = TimeSpan.FromSeconds(3);

    /// <summary>The same when mountd is stopped: shorter than the 30 s that an orchestrator waits.</summary>
    public static readonly TimeSpan StopDrain = TimeSpan.FromSeconds(15);

    /// <summary>A plugin that does not take a deposit in this time is not waited for.</summary>
    public static readonly TimeSpan DepositLimit = TimeSpan.FromSeconds(5);

    /// <summary>Short questions: hello, describe, restore.</summary>
    public static readonly TimeSpan CallLimit = TimeSpan.FromSeconds(10);

    /// <summary>One mount on its way to a successor: its worker has to come up there.</summary>
    public static readonly TimeSpan HandOverLimit = TimeSpan.FromSeconds(60);

    /// <summary>umount(2) of a mount that nobody serves can wait for ever.</summary>
    public static readonly TimeSpan UnmountLimit = TimeSpan.FromSeconds(15);

    /// <summary>How long an unmount waits until everything is written back.</summary>
    public static readonly TimeSpan EndLimit = TimeSpan.FromSeconds(95);

    /// <summary>Session tokens live for a day; a deposit has a fresh one.</summary>
    public static readonly TimeSpan RenewDeposits = TimeSpan.FromMinutes(10);
}
