using System.Diagnostics;
using System.Net;
using System.Text.Json.Nodes;
using SealFs.Core.Control.V1;
using SealFs.Testing.Kubernetes;
using Xunit;

namespace SealFs.Cli.Tests;

/// <summary><c>kubectl sealfs</c>: the way to a manager that only the API server can reach.</summary>
public sealed class KubectlTests : IAsyncLifetime
{
    private readonly string _folder = Directory.CreateTempSubdirectory("sealfs-kubectl-").FullName;
    private ScriptedManager _manager = null!;
    private ApiServer _server = null!;

    public async ValueTask InitializeAsync()
    {
        _manager = await ScriptedManager.StartAsync();
        _server = await ApiServer.StartAsync();
        _server.PodAddress = pod => pod == "default/demo-manager-0" ? IPEndPoint.Parse(_manager.Address) : null;
        _server.Create("customresourcedefinitions", "", Yaml.ParseAll(await File.ReadAllTextAsync(RepositoryFile("crds/sealfsclusters.yaml")))[0]!.AsObject());
        CreateCluster("demo");
        CreatePod("demo-manager-0");
        await File.WriteAllTextAsync(Kubeconfig, _server.Kubeconfig);
    }

    public async ValueTask DisposeAsync()
    {
        await _server.DisposeAsync();
        await _manager.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    private string Kubeconfig => Path.Combine(_folder, "config");

    [Fact]
    public async Task Status_of_the_only_cluster_needs_no_names()
    {
        var outcome = await RunAsync("status");
        Assert.Equal("", outcome.Error);
        Assert.Equal(0, outcome.ExitCode);
        Assert.Contains("[#####...............]  25 %", outcome.Output);
        Assert.Equal(["list sealfsclusters.sealfs.io", "get secrets", "get pods/portforward"], _server.Requests.All.Select(request => request.Permission).Distinct());
    }

    [Fact]
    public async Task A_drain_is_asked_for_and_waited_for()
    {
        _manager.Drains.Enqueue(new DrainProgress { Done = false, ShardsLeft = 3, ShardsAtStart = 4 });
        _manager.Drains.Enqueue(new DrainProgress { Done = true, ShardsAtStart = 4 });
        var outcome = await RunAsync("drain", "node-1");
        Assert.Equal(0, outcome.ExitCode);
        Assert.True(_manager.Asked.OfType<NodeRequest>().Count() >= 2);
    }

    [Fact]
    public async Task The_name_of_a_link_makes_it_a_plugin()
    {
        var link = Path.Combine(_folder, "kubectl-sealfs");
        File.CreateSymbolicLink(link, SealFsProcess.Program);
        var (code, output, _) = await StartAsync(link, "nodes", "--cluster", "demo");
        Assert.Equal(0, code);
        Assert.Contains("node-2", output);
    }

    [Fact]
    public async Task Kubectl_finds_it()
    {
        File.CreateSymbolicLink(Path.Combine(_folder, "kubectl-sealfs"), SealFsProcess.Program);
        if (!Environment.GetEnvironmentVariable("PATH")!.Split(':').Any(folder => File.Exists(Path.Combine(folder, "kubectl"))))
            Assert.Skip("kubectl is not installed");
        var (code, output, error) = await StartAsync("kubectl", "sealfs", "status", "--output", "json");
        Assert.True(code == 0, error);
        Assert.Equal(256, (int)JsonNode.Parse(output)!["shards"]!);
    }

    [Fact]
    public async Task Several_clusters_have_to_be_told_apart()
    {
        CreateCluster("other");
        var outcome = await RunAsync("status");
        Assert.Equal(64, outcome.ExitCode);
        Assert.Contains("demo, other", outcome.Error);
        Assert.Equal(0, (await RunAsync("status", "--cluster", "demo")).ExitCode);
    }

    [Theory]
    [InlineData("status -n nowhere", 4, "There is no SealFsCluster in namespace nowhere")]
    [InlineData("status --cluster other", 4, "There is no pod default/other-manager-0")]
    [InlineData("status --context other", 64, "other")]
    [InlineData("status --kubeconfig /nowhere", 64, "/nowhere")]
    public async Task What_is_not_there_is_told(string commandLine, int exitCode, string words)
    {
        var outcome = await RunAsync(commandLine.Split(' '));
        Assert.Equal(exitCode, outcome.ExitCode);
        Assert.Contains(words, outcome.Error);
        Assert.DoesNotContain("   at ", outcome.Error);
    }

    [Fact]
    public async Task What_is_forbidden_is_told()
    {
        _server.Faults.Add(request => request.Subresource == "portforward" ? new Fault { Error = new ApiErrorException(403, "Forbidden", "no") } : null);
        var outcome = await RunAsync("status");
        Assert.Equal(7, outcome.ExitCode);
        Assert.Contains("pods/portforward", outcome.Error);
    }

    [Fact]
    public async Task A_manager_that_does_not_listen_is_told()
    {
        CreateCluster("silent");
        CreatePod("silent-manager-0");
        var outcome = await RunAsync("status", "--cluster", "silent", "--timeout", "2s");
        Assert.Equal(6, outcome.ExitCode);
        Assert.Contains("error forwarding port 7400", outcome.Error);
    }

    [Fact]
    public async Task Help_speaks_as_the_plugin_does()
    {
        var help = (await SealFsProcess.RunAsync(["kubectl", "drain", "--help"])).Output;
        Assert.Contains("kubectl sealfs drain node-3", help);
        Assert.Contains("--namespace", help);
        Assert.DoesNotContain("  sealfs cluster", help);
    }

    private Task<ProcessOutcome> RunAsync(params string[] arguments) => SealFsProcess.RunAsync(["kubectl", .. arguments], ("KUBECONFIG", Kubeconfig));

    private async Task<(int Code, string Output, string Error)> StartAsync(string program, params string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["KUBECONFIG"] = Kubeconfig;
        start.Environment["PATH"] = $"{_folder}:{Environment.GetEnvironmentVariable("PATH")}";
        using var process = Process.Start(start)!;
        var error = process.StandardError.ReadToEndAsync();
        var output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        return (process.ExitCode, output, await error);
    }

    private void CreateCluster(string name) => _server.Create("sealfsclusters", "default", new JsonObject
    {
        ["metadata"] = new JsonObject { ["name"] = name },
        ["spec"] = JsonNode.Parse("{\"image\":\"x\",\"storageNodes\":{}}"),
    });

    private void CreatePod(string name) => _server.Create("pods", "default", new JsonObject { ["metadata"] = new JsonObject { ["name"] = name } });

    internal static string RepositoryFile(string path)
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder!.FullName, "SealFs.sln")))
            folder = folder.Parent;
        return Path.Combine(folder.FullName, path);
    }
}
