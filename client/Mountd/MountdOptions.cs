using SealFs.Client.Mounting;

namespace SealFs.Client.Mountd;

/// <summary>How `sealfs mountd` runs; each has an option of the command behind it.</summary>
public sealed record MountdOptions
{
    public const string DefaultSocketPath = "/run/sealfs/mountd/mountd.sock";

    /// <summary>Where the plugin finds it. The lock that tells which mountd is the active one lies beside it.</summary>
    public string SocketPath { get; init; } = DefaultSocketPath;

    /// <summary>Bytes of memory for one mount at most: half for write buffer and read-ahead, a quarter for the worker's heap, the rest for what the runtime takes.</summary>
    public long MountMemoryBytes { get; init; } = 512L << 20;

    /// <summary>Directory with the credentials for the clusters of the mounts, as <see cref="MountOptions.TlsClustersDirectory"/>.</summary>
    public string TlsClustersDirectory { get; init; } = "";

    /// <summary>The program that knows the command `mount-worker`; null for this one.</summary>
    public SelfCommand? WorkerCommand { get; init; }

    /// <summary>How it names itself to others.</summary>
    public string Name { get; init; } = $"mountd {Environment.ProcessId} on {Environment.MachineName}";
}
