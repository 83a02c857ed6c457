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
        using var http = new HttpClient { Timeout = TimeSpan.FromSeconds(10) };
        using var plugin = Start("csi", "--mode", "node", "--csi-socket", $"{folder}/csi.sock", "--mountd-socket", $"{folder}/mountd.sock", "--health-port", $"{pluginPort}");
        try
        {
            await UntilAsync(http, pluginPort, "healthz", HttpStatusCode.OK);
            await UntilAsync(http, pluginPort, "readyz", HttpStatusCode.ServiceUnavailable);
            using var mountd = Start("mountd", "--mountd-socket", $"{folder}/mountd.sock", "--health-port", $"{mountdPort}");
            await UntilAsync(http, mountdPort, "readyz", HttpStatusCode.OK);
            await UntilAsync(http, pluginPort, "readyz", HttpStatusCode.OK);

            mountd.Kill();
            await mountd.WaitForExitAsync();
            await UntilAsync(http, pluginPort, "readyz", HttpStatusCode.ServiceUnavailable);
        }
        finally
        {
            plugin.Kill();
            await plugin.WaitForExitAsync();
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public async Task A_port_in_use_is_told()
    {
        using var taken = new TcpListener(IPAddress.IPv6Any, 0);
        taken.Start();
        var folder = Directory.CreateTempSubdirectory("sealfs-probe-").FullName;
        var outcome = await SealFsProcess.RunAsync(["mountd", "--mountd-socket", $"{folder}/mountd.sock", "--health-port", $"{((IPEndPoint)taken.LocalEndpoint).Port}"]);
        Directory.Delete(folder, recursive: true);
        Assert.Equal(7, outcome.ExitCode);
        Assert.Contains("--health-port", outcome.Error);
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

    private static async Task UntilAsync(HttpClient http, int port, string path, HttpStatusCode wanted)
    {
        var watch = Stopwatch.StartNew();
        while (true)
        {
            try
            {
                if ((await http.GetAsync(new Uri($"http://127.0.0.1:{port}/{path}"))).StatusCode == wanted)
                    return;
            }
            catch (HttpRequestException)
            {
                // It does not listen yet.
            }
            Assert.True(watch.Elapsed < TimeSpan.FromSeconds(60), $"/{path} of port {port} does not become {wanted}");
            await Task.Delay(50);
        }
    }

    private static Process Start(params string[] arguments)
    {
        var start = new ProcessStartInfo(Path.Combine(AppContext.BaseDirectory, "sealfs"), arguments);
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
