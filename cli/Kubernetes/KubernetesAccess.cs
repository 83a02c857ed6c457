using System.Text.Json;
using System.Text.Json.Nodes;
using k8s;
using k8s.Autorest;
using k8s.Exceptions;
using SealFs.Cli.Settings;
using SealFs.Operator.Api;

namespace SealFs.Cli.Kubernetes;

/// <summary>The API server of the current context, and the cluster in it that a command is about.</summary>
internal static class KubernetesAccess
{
    private static readonly Setting<string?> Kubeconfig = Setting<string?>.Value(
        "--kubeconfig", "FILE", "How the API server is reached.", SettingParsers.Text, null, "$KUBECONFIG or ~/.kube/config");

    private static readonly Setting<string?> Context = Setting<string?>.Value("--context", "NAME", "Context of the kubeconfig.", SettingParsers.Text, null, "the current one");

    private static readonly Setting<string?> Namespace = Setting<string?>.Value(
        "--namespace", "NAME", "Namespace of the SealFsCluster.", SettingParsers.Text, null, "the context's", "-n");

    private static readonly Setting<string?> Cluster = Setting<string?>.Value(
        "--cluster", "NAME", "Name of the SealFsCluster.", SettingParsers.Text, null, "the only one in the namespace");

    public static readonly Setting[] Settings = [Namespace, Cluster, Context, Kubeconfig];

    /// <summary>Runs a command while the manager that its settings mean can be reached.</summary>
    /// <exception cref="CommandFailure">There is no such cluster, or no way to it.</exception>
    public static async Task<int> WithManagerAsync(Invocation invocation, Func<Invocation, Task<int>> run)
    {
        var configuration = Load(invocation);
        using var client = new k8s.Kubernetes(configuration);
        var space = invocation.Get(Namespace) ?? (string.IsNullOrEmpty(configuration.Namespace) ? "default" : configuration.Namespace);
        var cluster = invocation.Get(Cluster) ?? await OnlyClusterAsync(client, space, invocation.Stop);
        invocation.ManagerCredentials = await AdminCredentials.ReadAsync(client, space, cluster, invocation.Stop);
        await using var tunnel = await ManagerTunnel.OpenAsync(client, space, $"{cluster}-manager-0", invocation.Stop);
        invocation.ManagerAddress = tunnel.Address;
        return await run(invocation);
    }

    /// <summary>The API server's own words where there are any.</summary>
    public static string Describe(Exception problem)
    {
        if (problem is HttpOperationException { Response.Content: { Length: > 0 } content } refused)
        {
            try
            {
                return (string?)JsonNode.Parse(content)?["message"] ?? refused.Message;
            }
            catch (Exception other) when (other is JsonException or InvalidOperationException)
            {
                return content.Trim();
            }
        }
        return problem.InnerException is { } inner ? $"{problem.Message.TrimEnd('.')}: {inner.Message}" : problem.Message;
    }

    private static KubernetesClientConfiguration Load(Invocation invocation)
    {
        try
        {
            var paths = invocation.Get(Kubeconfig) ?? Environment.GetEnvironmentVariable("KUBECONFIG");
            var files = string.IsNullOrEmpty(paths)
                ? [new FileInfo(KubernetesClientConfiguration.KubeConfigDefaultLocation)]
                : paths.Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries).Select(path => new FileInfo(path)).Where(file => file.Exists).ToArray();
            if (files is [] or [{ Exists: false }])
                throw new KubeConfigException($"there is no kubeconfig ({(string.IsNullOrEmpty(paths) ? KubernetesClientConfiguration.KubeConfigDefaultLocation : paths)})");


            // Of several files the first counts that has the context, whole.
            var context = invocation.Get(Context);
            var loaded = files.Select(file => KubernetesClientConfiguration.LoadKubeConfig(file)).ToList();
            var chosen = loaded.Find(one => context is null ? !string.IsNullOrEmpty(one.CurrentContext) : one.Contexts?.Any(named => named.Name == context) == true);
            return KubernetesClientConfiguration.BuildConfigFromConfigObject(chosen ?? loaded[0], context);
        }
        catch (Exception problem) when (problem is KubeConfigException or IOException or UnauthorizedAccessException or YamlDotNet.Core.YamlException)
        {
            throw new CommandFailure(ExitCode.Usage, $"There is no way to the API server: {problem.Message}", problem);
        }
    }

    private static async Task<string> OnlyClusterAsync(k8s.Kubernetes client, string space, CancellationToken cancellation)
    {
        string[] names;
        try
        {
            var found = (JsonElement)await client.CustomObjects.ListNamespacedCustomObjectAsync(
                SealFsCluster.ApiGroup, SealFsCluster.Version, space, SealFsCluster.Plural, cancellationToken: cancellation);
            names = [.. found.GetProperty("items").EnumerateArray().Select(one => one.GetProperty("metadata").GetProperty("name").GetString()!)];
        }
        catch (HttpOperationException problem) when (problem.Response.StatusCode == System.Net.HttpStatusCode.NotFound)
        {
            throw new CommandFailure(ExitCode.NotFound, "The API server does not know SealFsCluster: SealFS is not installed there.", problem);
        }
        catch (Exception problem) when (problem is HttpOperationException or HttpRequestException)
        {
            throw new CommandFailure(ExitCode.Unreachable, $"The SealFsClusters of namespace {space} cannot be listed: {Describe(problem)}", problem);
        }
        return names switch
        {
            [var one] => one,
            [] => throw new CommandFailure(ExitCode.NotFound, $"There is no SealFsCluster in namespace {space}: name another with -n."),
            _ => throw new CommandFailure(ExitCode.Usage, $"Namespace {space} has several SealFsClusters, choose one with --cluster: {string.Join(", ", names)}"),
        };
    }
}
