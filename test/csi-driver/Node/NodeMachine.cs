using Grpc.Core;
using SealFs.Client.Tests.Mounts;
using SealFs.Core.Control;
using SealFs.CsiDriver.Node;
using SealFs.CsiDriver.Protocol;

namespace SealFs.CsiDriver.Tests.Node;

/// <summary>A cluster in this process, and what a machine of an orchestrator runs: mountd and the node plugin, as processes, with real mounts.</summary>
public class NodeMachine : IAsyncLifetime
{
    private readonly string _directory = Directory.CreateTempSubdirectory("sealfs-csi-node-").FullName;
    private readonly List<SealFsProcess> _processes = [];
    private int _paths;

    public TestCluster Cluster { get; private set; } = null!;

    public CsiSocket Csi { get; private set; } = null!;

    internal SealFsProcess Mountd { get; private set; } = null!;

    internal SealFsProcess Plugin { get; private set; } = null!;

    /// <summary>What mountd has in its environment.</summary>
    protected virtual IReadOnlyDictionary<string, string> MountdEnvironment { get; } = new Dictionary<string, string>();

    public string MountdSocket => Path.Combine(_directory, "mountd", "mountd.sock");

    public string RegistrationDirectory => Path.Combine(_directory, "registration");

    private string PluginSocket => Path.Combine(_directory, "csi.sock");

    public async ValueTask InitializeAsync()
    {
        Cluster = await TestCluster.StartAsync(nodes: 1);
        File.SetUnixFileMode(_directory, (UnixFileMode)0x1ED);
        await StartMountdAsync();
        await StartPluginAsync();
    }

    /// <summary>Starts another mountd; the earlier one is the caller's to end. Returns when it is the active one.</summary>
    internal async Task<SealFsProcess> StartMountdAsync()
    {
        var mountd = Keep(SealFsProcess.Start(MountdEnvironment, "mountd", "--mountd-socket", MountdSocket));
        await Waiting.UntilAsync("mountd is active", () => mountd.Log.Contains("Serving on", StringComparison.Ordinal));
        return Mountd = mountd;
    }

    /// <summary>Another of the processes that were started is the active one now.</summary>
    internal void UseMountd(SealFsProcess mountd) => Mountd = mountd;

    /// <summary>The plugin holds duplicates of descriptors of /dev/fuse.</summary>
    public bool PluginKeepsDescriptors() =>
        Directory.EnumerateFiles($"/proc/{Plugin.Id}/fd").Any(entry => new FileInfo(entry).LinkTarget == "/dev/fuse");

    internal async Task<SealFsProcess> StartPluginAsync()
    {
        Directory.CreateDirectory(RegistrationDirectory);
        var plugin = Keep(SealFsProcess.Start(
            "csi", "--mode", "all", "--csi-socket", PluginSocket, "--mountd-socket", MountdSocket, "--manager", Cluster.ManagerAddress, "--node-id", "machine-1", "--zone", "z1",
            "--registration-dir", RegistrationDirectory, "--kubelet-socket", "/kubelet/csi.sock"));
        await Waiting.UntilAsync("the plugin is connected", () => plugin.Log.Contains("Connected with", StringComparison.Ordinal));
        Csi?.Dispose();
        Csi = new CsiSocket(PluginSocket);
        await Waiting.UntilAsync("the plugin answers", Answers);
        return Plugin = plugin;
    }

    private bool Answers()
    {
        try
        {
            return Csi.Identity.Probe(new ProbeRequest()).Ready == true;
        }
        catch (RpcException refusal) when (refusal.StatusCode == StatusCode.Unavailable)
        {
            return false;
        }
    }

    public async Task<string> CreateVolumeAsync(string name, long bytes = 1L << 30) => (await Csi.Controller.CreateVolumeAsync(
        new CreateVolumeRequest { Name = name, VolumeCapabilities = { Capability.Mount() }, CapacityRange = new() { RequiredBytes = bytes } })).Volume.VolumeId;

    /// <summary>A path in a directory that is there, as the orchestrator gives it.</summary>
    public string NewPath(bool make = false)
    {
        var path = Path.Combine(_directory, "kubelet", $"{++_paths}", "mount");
        Directory.CreateDirectory(make ? path : Path.GetDirectoryName(path)!);
        return path;
    }

    public async Task<string> StageAsync(string volume, VolumeCapability? capability = null, string? path = null)
    {
        path ??= NewPath(make: true);
        await Csi.Node.NodeStageVolumeAsync(new NodeStageVolumeRequest { VolumeId = volume, StagingTargetPath = path, VolumeCapability = capability ?? Capability.Mount() });
        return path;
    }

    public async Task<string> PublishAsync(string volume, string staging, VolumeCapability? capability = null, bool readOnly = false, string? path = null)
    {
        path ??= NewPath();
        await Csi.Node.NodePublishVolumeAsync(PublishRequest(volume, staging, path, capability, readOnly));
        return path;
    }

    public static NodePublishVolumeRequest PublishRequest(string volume, string staging, string target, VolumeCapability? capability = null, bool readOnly = false) =>
        new() { VolumeId = volume, StagingTargetPath = staging, TargetPath = target, VolumeCapability = capability ?? Capability.Mount(), Readonly = readOnly };

    public async Task UnpublishAsync(string volume, string target) =>
        await Csi.Node.NodeUnpublishVolumeAsync(new NodeUnpublishVolumeRequest { VolumeId = volume, TargetPath = target });

    public async Task UnstageAsync(string volume, string staging) =>
        await Csi.Node.NodeUnstageVolumeAsync(new NodeUnstageVolumeRequest { VolumeId = volume, StagingTargetPath = staging });

    public async Task<uint> SessionsAsync(string volume)
    {
        using var manager = new ControlClient([Cluster.ManagerAddress]);
        return (await manager.GetVolumeAsync(volume)).LiveSessions;
    }

    public async ValueTask DisposeAsync()
    {
        Csi?.Dispose();
        foreach (var entry in MountEntry.ReadAll().Where(entry => entry.Path.StartsWith(_directory, StringComparison.Ordinal)).Reverse())
            NodeSystem.Detach(entry.Path);
        foreach (var process in _processes)
            await process.DisposeAsync();
        await Cluster.DisposeAsync();
        Directory.Delete(_directory, recursive: true);
        GC.SuppressFinalize(this);
    }

    private SealFsProcess Keep(SealFsProcess process)
    {
        _processes.Add(process);
        return process;
    }
}
