using System.ComponentModel;
using System.Diagnostics;
using SealFs.Operator.CrdTool;
using SealFs.Testing.Kubernetes;

namespace SealFs.Operator.Tests.Server;

/// <summary>The server of the tests is close enough to a real one for kubectl.</summary>
public sealed class KubectlTests : IAsyncLifetime
{
    private readonly string _folder = Directory.CreateTempSubdirectory("sealfs-kubectl-").FullName;
    private ApiServer _server = null!;

    public async ValueTask InitializeAsync()
    {
        _server = await ApiServer.StartAsync();
        await File.WriteAllTextAsync(Path.Combine(_folder, "config"), _server.Kubeconfig);
        await File.WriteAllTextAsync(Path.Combine(_folder, "crd.yaml"), ClusterDefinition.ToYaml());
        await File.WriteAllTextAsync(Path.Combine(_folder, "map.yaml"), "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: m}\ndata: {a: b}\n");
        await File.WriteAllTextAsync(
            Path.Combine(_folder, "cluster.yaml"), "apiVersion: sealfs.io/v1alpha1\nkind: SealFsCluster\nmetadata: {name: demo}\nspec: {image: \"sealfs:1\", storageNodes: {replicas: 3}}\n");
    }

    public async ValueTask DisposeAsync()
    {
        await _server.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task Apply_get_scale_patch_and_delete_work()
    {
        await RunAsync("apply", "--server-side", "--validate=false", "-f", "crd.yaml");
        await RunAsync("apply", "--validate=false", "-f", "cluster.yaml");
        Assert.Contains("demo", await RunAsync("get", "sfc", "-o", "name"));
        await RunAsync("scale", "sealfscluster/demo", "--replicas=5");
        Assert.Equal(5, (int)_server.Get("sealfsclusters", "default", "demo")!["spec"]!["storageNodes"]!["replicas"]!);
        await RunAsync("patch", "sfc", "demo", "--type=merge", "-p", "{\"spec\":{\"image\":\"sealfs:2\"}}");
        await RunAsync("label", "sfc", "demo", "team=storage");
        await RunAsync("apply", "--validate=false", "-f", "map.yaml");
        Assert.Equal("b", await RunAsync("get", "configmap", "m", "-o", "jsonpath={.data.a}"));
        await RunAsync("delete", "sfc", "demo", "--wait=false");
        Assert.Null(_server.Get("sealfsclusters", "default", "demo"));
    }

    private async Task<string> RunAsync(params string[] arguments)
    {
        var start = new ProcessStartInfo("kubectl", arguments) { WorkingDirectory = _folder, RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["KUBECONFIG"] = Path.Combine(_folder, "config");
        start.Environment["HOME"] = _folder;
        try
        {
            using var process = Process.Start(start)!;
            var errors = process.StandardError.ReadToEndAsync();
            var output = await process.StandardOutput.ReadToEndAsync();
            await process.WaitForExitAsync();
            Assert.True(process.ExitCode == 0, $"kubectl {string.Join(' ', arguments)}: {await errors}");
            return output;
        }
        catch (Win32Exception)
        {
            Assert.Skip("kubectl is not installed");
            throw;
        }
    }
}
