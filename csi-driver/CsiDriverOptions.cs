using SealFs.Client;
using SealFs.Core.Security;

namespace SealFs.CsiDriver;

/// <summary>What one process of the driver serves.</summary>
public enum CsiMode
{
    /// <summary>Identity and volumes: one for a cluster, beside the provisioner and the resizer.</summary>
    Controller,

    /// <summary>Identity and mounts: one for each machine, beside its kubelet.</summary>
    Node,

    /// <summary>Both, for machines that run everything.</summary>
    All,
}

/// <summary>How the driver runs; each has an option of `sealfs csi` behind it.</summary>
public sealed record CsiDriverOptions
{
    public const string DefaultDriverName = "sealfs.csi.sealfs.io";

    public required CsiMode Mode { get; init; }

    /// <summary>Path of the Unix socket to serve on.</summary>
    public required string SocketPath { get; init; }

    public string DriverName { get; init; } = DefaultDriverName;

    public string DriverVersion { get; init; } = "0.1.0";

    /// <summary>Managers as host:port, for volumes whose StorageClass and handle name none.</summary>
    public required IReadOnlyList<string> Managers { get; init; }

    /// <summary>
    /// Directory with credentials of role admin, for managers that speak TLS: ca.crt, tls.crt and tls.key of each, as <see cref="CredentialFiles.PrefixOf"/> says. Managers that have none there are
    /// spoken to in cleartext, as all are when this is empty.
    /// </summary>
    public string TlsClustersDirectory { get; init; } = "";

    /// <summary>How the cluster knows this machine.</summary>
    public string NodeId { get; init; } = Environment.MachineName;

    /// <summary>The machine's zone, or empty.</summary>
    public string Zone { get; init; } = "";

    /// <summary>Volumes that the scheduler may put on this machine; 0: no limit.</summary>
    public long MaxVolumes { get; init; }

    /// <summary>Socket of `sealfs mountd`.</summary>
    public string MountdSocket { get; init; } = "/run/sealfs/mountd/mountd.sock";

    /// <summary>The kubelet's directory of registration sockets; empty when somebody else registers the plugin (node-driver-registrar).</summary>
    public string RegistrationDirectory { get; init; } = "";

    /// <summary>The path of <see cref="SocketPath"/> as the kubelet sees it; empty when it is the same.</summary>
    public string KubeletSocketPath { get; init; } = "";

    /// <summary>Bytes of memory that mountd spends on one mount at most: write buffer, read-ahead and the heap of its worker.</summary>
    public long MountMemoryBytes { get; init; } = 512L << 20;

    /// <summary>How long mounts without a mountd are kept waiting before they are aborted.</summary>
    public TimeSpan OrphanLimit { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>Told whenever the node plugin has a mountd, and when it has lost it.</summary>
    public Action<bool>? Ready { get; init; }

    /// <summary>Lowest log level of the mounts' workers.</summary>
    public string LogLevel { get; init; } = "Information";

    /// <summary>Understands one mount option in the form of mount(8).</summary>
    public required Func<MountOptions, string, MountOptions> ApplyMountFlag { get; init; }

    public bool ServesController => Mode is CsiMode.Controller or CsiMode.All;

    public bool ServesNode => Mode is CsiMode.Node or CsiMode.All;

    /// <summary>On every machine with the plugin, and on volumes: pods go where their volume can be mounted.</summary>
    public string TopologyKey => $"topology.{DriverName}/available";

    public string ZoneTopologyKey => $"topology.{DriverName}/zone";
}
