using SealFs.Cli.Settings;
using SealFs.Client.Mountd;

namespace SealFs.Cli.Kubernetes;

/// <summary><c>sealfs mountd</c>: serves the mounts of a machine for the CSI node plugin.</summary>
internal static class MountdCommand
{
    public static readonly Setting<string> Socket = Setting<string>.Value(
        "--mountd-socket", "PATH", "Unix socket between mountd and the CSI node plugin; both must see the same directory.", SettingParsers.Text,
        MountdOptions.DefaultSocketPath, MountdOptions.DefaultSocketPath);

    public static readonly Setting<long> MountMemory = Setting<long>.Value(
        "--mount-memory", "SIZE", "Memory that one mount may use: half of it for its buffers, a quarter for its worker's heap.", SettingParsers.Size, 512L << 20, "512MiB");

    public static System.CommandLine.Command Build() => new DocumentedCommand(
            "mountd",
            "Serve the FUSE mounts of a machine for the CSI node plugin, in the foreground. A mountd that starts while another is active takes its mounts over; one that was "
            + "killed is followed by one that gets them from the plugin. Applications see a pause, no error. SIGTERM writes back what it can and leaves the mounts to the plugin.",
            "sealfs mountd --mountd-socket /run/sealfs/mountd/mountd.sock")
        .With(Socket, MountMemory, TlsSettings.ClustersDirectory, ReadyPort.Setting)
        .Does(RunAsync);

    private static async Task<int> RunAsync(Invocation invocation)
    {
        var options = new MountdOptions
        {
            SocketPath = Path.GetFullPath(invocation.Get(Socket)),
            MountMemoryBytes = invocation.Get(MountMemory),
            TlsClustersDirectory = invocation.Get(TlsSettings.ClustersDirectory) is { Length: > 0 } directory ? Path.GetFullPath(directory) : "",
        };

        // The workers are told by the environment that they inherit.
        Environment.SetEnvironmentVariable(GlobalSettings.LogJson.EnvironmentName, invocation.Get(GlobalSettings.LogJson) ? "true" : "false");
        using var port = new ReadyPort(invocation.Get(ReadyPort.Setting));
        await MountDaemon.RunAsync(options, invocation.Loggers, Ready, invocation.Stop);
        return ExitCode.Ok;

        void Ready(bool isActive)
        {
            port.Set(isActive);
            if (isActive)
                invocation.ReportReady();
        }
    }
}
