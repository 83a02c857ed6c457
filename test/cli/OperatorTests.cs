using System.Diagnostics;
using System.Text.Json.Nodes;
using SealFs.Testing.Kubernetes;
using Xunit;

namespace SealFs.Cli.Tests;

/// <summary><c>sealfs operator</c> as a process: that the program as it is published can read and write every kind of object that it needs.</summary>
public sealed class OperatorTests
{
    [Fact]
    public async Task What_a_cluster_asks_for_is_made()
    {
        var folder = Directory.CreateTempSubdirectory("sealfs-operator-").FullName;
        await using var server = await ApiServer.StartAsync();
        server.Create("customresourcedefinitions", "", Yaml.ParseAll(await File.ReadAllTextAsync(KubectlTests.RepositoryFile("crds/sealfsclusters.yaml")))[0]!.AsObject());
        server.Create("sealfsclusters", "default", new JsonObject
        {
            ["metadata"] = new JsonObject { ["name"] = "demo" },
            ["spec"] = JsonNode.Parse("""{"image":"x","storageNodes":{"replicas":2,"resources":{"requests":{"memory":"1Gi"}}}}"""),
        });
        var kubeconfig = Path.Combine(folder, "config");
        await File.WriteAllTextAsync(kubeconfig, server.Kubeconfig);
        var start = new ProcessStartInfo(SealFsProcess.Program, ["operator", "--kubeconfig", kubeconfig, "--driver-namespace", "default"]) { RedirectStandardError = true };
        using var process = Process.Start(start)!;
        var log = process.StandardError.ReadToEndAsync();
        try
        {
            var watch = Stopwatch.StartNew();
            while (server.List("statefulsets", "default").Count < 2 || (string?)server.Get("sealfsclusters", "default", "demo")!["status"]?["phase"] is null)
            {
                Assert.True(!process.HasExited && watch.Elapsed < TimeSpan.FromSeconds(60), "waited for the objects of the cluster and its status");
                await Task.Delay(50);
            }
        }
        finally
        {
            process.Kill();
            await process.WaitForExitAsync();
            Directory.Delete(folder, recursive: true);
        }
        var node = server.List("statefulsets", "default").Single(set => ((string)set["metadata"]!["name"]!).EndsWith("node", StringComparison.Ordinal));
        Assert.Equal(2, (int)node["spec"]!["replicas"]!);
        Assert.Equal("1Gi", (string?)node["spec"]!["template"]!["spec"]!["containers"]![0]!["resources"]!["requests"]!["memory"]);
        Assert.NotEmpty(server.List("secrets", "default"));
        Assert.NotEmpty(server.List("services", "default"));
        Assert.DoesNotContain("   at ", await log);
    }
}
