namespace SealFs.CsiDriver;

/// <summary>The driver's limits, each with its reason.</summary>
internal static class CsiLimits
{
    /// <summary>The interface's own bound for names, ids and tokens.</summary>
    public const int MaxTextBytes = 128;

    /// <summary>The interface lets paths be as long as the system can: PATH_MAX with its terminator.</summary>
    public const int MaxPathBytes = 4095;

    /// <summary>Of all mount flags together, by the interface.</summary>
    public const int MaxMountFlagBytes = 4096;

    /// <summary>The largest quota a manager takes.</summary>
    public const long MaxVolumeBytes = 1L << 60;

    /// <summary>A message of the interface is a name, some maps and a list of volumes; the kubelet takes 4 MiB at most.</summary>
    public const int MaxMessageBytes = 4 << 20;

    /// <summary>Entries in one answer of ListVolumes, so that it stays below the message limit of the sidecars.</summary>
    public const int MaxListEntries = 5_000;

    /// <summary>Clusters that one driver talks to; beyond it connections that are not in use are closed.</summary>
    public const int MaxManagerConnections = 64;

    /// <summary>A manager that does not answer within this time is reported, and the sidecar tries again.</summary>
    public static readonly TimeSpan ManagerTimeout = TimeSpan.FromSeconds(10);

    /// <summary>stat, statfs and bind mounts take microseconds; a hanging one must not take the kubelet's thread with it.</summary>
    public static readonly TimeSpan ProbeLimit = TimeSpan.FromSeconds(5);

    /// <summary>An unmount may have to wait for the page cache.</summary>
    public static readonly TimeSpan UnmountLimit = TimeSpan.FromSeconds(20);

    /// <summary>
    /// How long applications wait for a storage node unless mount options say otherwise, ms: a pod that is rolled may have to pull its image or wait for a machine. An error would end them.
    /// </summary>
    public const int OperationTimeoutMs = 10 * 60_000;

    /// <summary>Making a mount: session, handshake, start of the worker.</summary>
    public static readonly TimeSpan MountLimit = TimeSpan.FromSeconds(60);

    /// <summary>Ending one: everything written is on the storage nodes, or the call fails and is repeated.</summary>
    public static readonly TimeSpan EndLimit = TimeSpan.FromSeconds(100);

    /// <summary>Requests under way get this long when the driver stops.</summary>
    public static readonly TimeSpan ShutdownTimeout = TimeSpan.FromSeconds(5);

    /// <summary>Between two offers to a kubelet that refused the plugin.</summary>
    public static readonly TimeSpan RegistrationRetry = TimeSpan.FromSeconds(10);
}
