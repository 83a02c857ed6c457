using SealFs.Cli.Cluster;
using SealFs.Cli.Mounts;
using SealFs.Cli.Settings;
using SealFs.CsiDriver;

namespace SealFs.Cli.Kubernetes;

/// <summary><c>sealfs csi</c>: the Container Storage Interface driver.</summary>
internal static class CsiCommand
{
    private static readonly Setting<CsiMode> Mode = Setting<CsiMode>.Value(
        "--mode", "controller|node|all", "controller: volumes, one for a cluster, beside the provisioner and the resizer. node: mounts, one for each machine.",
        SettingParsers.OneOf(("controller", CsiMode.Controller), ("node", CsiMode.Node), ("all", CsiMode.All)), CsiMode.All, "all");

    private static readonly Setting<string> Socket = Setting<string>.Value(
        "--csi-socket", "PATH", "Unix socket to serve on; also as unix:///PATH.", PathOf, "/csi/csi.sock", "/csi/csi.sock");

    private static readonly Setting<string> DriverName = Setting<string>.Value(
        "--driver-name", "NAME", "How StorageClasses and CSIDriver objects name the driver.", SettingParsers.Text,
        CsiDriverOptions.DefaultDriverName, CsiDriverOptions.DefaultDriverName);

    private static readonly Setting<string?> NodeId = Setting<string?>.Value(
        "--node-id", "NAME", "How the cluster knows this machine (spec.nodeName).", SettingParsers.Text, null, "the host's name");

    private static readonly Setting<string> Zone = Setting<string>.Value("--zone", "NAME", "Zone of this machine, for topology.", SettingParsers.Text, "", null);

    private static readonly Setting<int> MaxVolumes = Setting<int>.Value(
        "--max-volumes", "N", "Volumes that may be in use on this machine; 0: no limit.", SettingParsers.Integer(0, int.MaxValue), 0, "0");

    private static readonly Setting<string> RegistrationDirectory = Setting<string>.Value(
        "--registration-dir", "DIR", "The kubelet's directory of registration sockets: the plugin registers itself. Empty: node-driver-registrar does it.",
        SettingParsers.Text, "", null);

    private static readonly Setting<string> KubeletSocket = Setting<string>.Value(
        "--kubelet-socket", "PATH", "The path of --csi-socket as the kubelet sees it, where that is another.", SettingParsers.Text, "", null);

    private static readonly Setting<TimeSpan> OrphanTimeout = Setting<TimeSpan>.Value(
        "--orphan-timeout", "TIME", "Mounts without a mountd are aborted after this time, so that applications get an error instead of waiting for ever.",
        SettingParsers.Duration, TimeSpan.FromMinutes(10), "10m");

    public static System.CommandLine.Command Build() => new DocumentedCommand(
            "csi",
            "Run the Container Storage Interface driver in the foreground: identity and controller, or identity and node. The node plugin needs 'sealfs mountd' on the same machine.",
            "sealfs csi --mode controller --csi-socket /csi/csi.sock --manager sealfs-manager.storage:7400",
            "sealfs csi --mode node --csi-socket /csi/csi.sock --registration-dir /registration --kubelet-socket /var/lib/kubelet/plugins/sealfs.csi.sealfs.io/csi.sock")
        .With(
            Mode, Socket, DriverName, NodeId, Zone, MaxVolumes, RegistrationDirectory, KubeletSocket, OrphanTimeout, MountdCommand.Socket, MountdCommand.MountMemory, ReadyPort.Setting,
            GlobalSettings.Manager, TlsSettings.ClustersDirectory)
        .Does(RunAsync);

    private static async Task<int> RunAsync(Invocation invocation)
    {
        using var port = new ReadyPort(invocation.Get(ReadyPort.Setting));
        var options = new CsiDriverOptions
        {
            Mode = invocation.Get(Mode),
            SocketPath = Path.GetFullPath(invocation.Get(Socket)),
            DriverName = invocation.Get(DriverName),
            DriverVersion = typeof(CsiCommand).Assembly.GetName().Version?.ToString(3) ?? "",
            Managers = ManagerConnection.Addresses(invocation),
            TlsClustersDirectory = invocation.Get(TlsSettings.ClustersDirectory) is { Length: > 0 } directory ? Path.GetFullPath(directory) : "",
            NodeId = invocation.Get(NodeId) ?? Environment.MachineName,
            Zone = invocation.Get(Zone),
            MaxVolumes = invocation.Get(MaxVolumes),
            MountdSocket = Path.GetFullPath(invocation.Get(MountdCommand.Socket)),
            RegistrationDirectory = invocation.Get(RegistrationDirectory),
            KubeletSocketPath = invocation.Get(KubeletSocket),
            MountMemoryBytes = invocation.Get(MountdCommand.MountMemory),
            OrphanLimit = invocation.Get(OrphanTimeout),
            LogLevel = invocation.Get(GlobalSettings.LogLevel).ToString(),
            Ready = port.Set,
            ApplyMountFlag = MountOptionParser.Apply,
        };
        await using var driver = await CsiDriverHost.StartAsync(options, invocation.Loggers, invocation.Stop);
        if (!options.ServesNode)
            port.Set(true);
        invocation.ReportReady();
        await invocation.UntilStopped();
        return ExitCode.Ok;
    }

    private static string PathOf(string text) => text.StartsWith("unix://", StringComparison.Ordinal) ? text["unix://".Length..] : text;
}
