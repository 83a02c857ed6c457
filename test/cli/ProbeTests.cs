using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text.RegularExpressions;
using Xunit;

namespace SealFs.Cli.Tests;

/// <summary>What the pods of the chart are started with is understood, and what their probes ask is answered.</summary>
public sealed partial class ProbeTests
{
    [Theory]
    [InlineData("operator", "charts/sealfs/templates/operator/deployment.yaml", "")]
    [InlineData("csi", "charts/sealfs/templates/csi/controller.yaml", "- name: provisioner")]
    [InlineData("csi", "charts/sealfs/templates/csi/node.yaml", "- name: registrar")]
    [InlineData("mountd", "charts/sealfs/templates/csi/mountd.yaml", "")]
    public async Task Every_option_in_the_chart_exists(string command, string template, string sidecars)
    {
        var text = await File.ReadAllTextAsync(Path.Combine(Root, template));
        if (sidecars.Length > 0)
            text = text[..text.IndexOf(sidecars, StringComparison.Ordinal)];
        var help = (await SealFsProcess.RunAsync([command, "--help"])).Output;
        var options = Option().Matches(text).Select(match => match.Groups[1].Value).ToList();
        Assert.NotEmpty(options);
        Assert.All(options, option => Assert.Contains($"{option} ", help));
    }

    [Fact]
    public async Task A_node_plugin_is_ready_while_there_is_a_mountd()
    {
        var folder = Directory.CreateTempSubdirectory("sealfs-probe-").FullName;
        var (pluginPort, mountdPort) = (FreePort(), FreePort());
        using var plugin = Start("csi", "--mode", "node", "--csi-socket", $"{folder}/csi.sock", "--mountd-socket", $"{folder}/mountd.sock", "--ready-port", $"{pluginPort}");
        try
        {
            await UntilAsync(() => File.Exists($"{folder}/csi.sock"), "the plugin's socket");
            Assert.False(Connects(pluginPort));
            using var mountd = Start("mountd", "--mountd-socket", $"{folder}/mountd.sock", "--ready-port", $"{mountdPort}");
            await UntilAsync(() => Connects(mountdPort), "mountd being ready");
            await UntilAsync(() => Connects(pluginPort), "the plugin being ready");
            mountd.Kill();
            await mountd.WaitForExitAsync();
            await UntilAsync(() => !Connects(pluginPort), "the plugin being not ready any more");
        }
        finally
        {
            plugin.Kill();
            await plugin.WaitForExitAsync();
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public async Task A_controller_is_ready_when_it_serves()
    {
        var folder = Directory.CreateTempSubdirectory("sealfs-probe-").FullName;
        var port = FreePort();
        using var controller = Start("csi", "--mode", "controller", "--csi-socket", $"{folder}/csi.sock", "--ready-port", $"{port}");
        await UntilAsync(() => Connects(port), "the controller being ready");
        Assert.True(File.Exists($"{folder}/csi.sock"));
        controller.Kill();
        await controller.WaitForExitAsync();
        Directory.Delete(folder, recursive: true);
    }

    private static string Root
    {
        get
        {
            var folder = new DirectoryInfo(AppContext.BaseDirectory);
            while (!File.Exists(Path.Combine(folder!.FullName, "SealFs.sln")))
                folder = folder.Parent;
            return folder.FullName;
        }
    }

    private static async Task UntilAsync(Func<bool> condition, string what)
    {
        var watch = Stopwatch.StartNew();
        while (!condition())
        {
            Assert.True(watch.Elapsed < TimeSpan.FromSeconds(60), $"waited for {what}");
            await Task.Delay(50);
        }
    }

    private static bool Connects(int port)
    {
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        try
        {
            socket.Connect(IPAddress.Loopback, port);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    private static Process Start(params string[] arguments)
    {
        var start = new ProcessStartInfo(SealFsProcess.Program, arguments);
        start.Environment["SEALFS_LOG_LEVEL"] = "none";
        return Process.Start(start)!;
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    [GeneratedRegex("^ *- (--[a-z-]+)", RegexOptions.Multiline)]
    private static partial Regex Option();
}
