using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using SealFs.Core.Security;
using SealFs.Manager;
using SealFs.Testing.Kubernetes;
using Xunit;

namespace SealFs.Cli.Tests;

/// <summary><c>kubectl sealfs</c> with a manager that speaks TLS: the certificate comes from the Secret that the operator keeps.</summary>
public sealed class KubectlTlsTests : IAsyncLifetime
{
    private const string Secret = "demo-admin-tls";

    private readonly string _folder = Directory.CreateTempSubdirectory("sealfs-kubectl-tls-").FullName;
    private readonly ClusterAuthority _authority = ClusterAuthority.Create("demo", DateTimeOffset.UtcNow, TimeSpan.FromDays(1));
    private ManagerHost _manager = null!;
    private ApiServer _server = null!;

    public async ValueTask InitializeAsync()
    {
        var own = Issue(CertificateRole.Manager);
        _manager = await ManagerHost.StartAsync(new ManagerOptions
        {
            DataDirectory = Path.Combine(_folder, "manager"),
            Port = 0,
            MetricsPort = -1,
            Credentials = new HeldCredentials(Credentials.FromPem(_authority.CertificatePem, own.CertificatePem, own.KeyPem, "test")),
        });
        _server = await ApiServer.StartAsync();
        _server.PodAddress = _ => IPEndPoint.Parse(_manager.Address);
        _server.Create("customresourcedefinitions", "", Yaml.ParseAll(await File.ReadAllTextAsync(KubectlTests.RepositoryFile("crds/sealfsclusters.yaml")))[0]!.AsObject());
        CreateCluster("demo", "auto");
        await File.WriteAllTextAsync(Path.Combine(_folder, "config"), _server.Kubeconfig);
    }

    public async ValueTask DisposeAsync()
    {
        await _server.DisposeAsync();
        await _manager.DisposeAsync();
        _authority.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task The_certificate_is_read_from_the_Secret()
    {
        PutSecret(Issue(CertificateRole.Admin));
        var (code, output, error) = await RunAsync("nodes", "--output", "json");
        Assert.True(code == 0, error);
        Assert.Empty(JsonNode.Parse(output)!.AsArray());
        Assert.Contains("get secrets", _server.Requests.All.Select(request => request.Permission));
    }

    [Fact]
    public async Task Without_the_right_to_read_it_that_right_is_named()
    {
        PutSecret(Issue(CertificateRole.Admin));
        _server.Faults.Add(request => request.Type.Plural == "secrets" ? new Fault { Error = new ApiErrorException(403, "Forbidden", "no") } : null);
        var (code, _, error) = await RunAsync("status");
        Assert.Equal(7, code);
        Assert.Contains($"default/{Secret}", error);
        Assert.Contains("right to get it", error);
    }

    [Fact]
    public async Task A_cluster_without_TLS_needs_no_right_to_read_it()
    {
        await using var clear = await ScriptedManager.StartAsync();
        _server.PodAddress = _ => IPEndPoint.Parse(clear.Address);
        _server.Faults.Add(request => request.Type.Plural == "secrets" ? new Fault { Error = new ApiErrorException(403, "Forbidden", "no") } : null);
        CreateCluster("open", "none");
        var (code, _, error) = await RunAsync("status", "--cluster", "open");
        Assert.True(code == 0, error);
    }

    [Fact]
    public async Task A_Secret_that_cannot_be_used_is_named()
    {
        PutSecret(Issue(CertificateRole.Admin) with { KeyPem = Issue(CertificateRole.Admin).KeyPem });
        var (code, _, error) = await RunAsync("status");
        Assert.NotEqual(0, code);
        Assert.Contains($"default/{Secret}", error);
        Assert.DoesNotContain("PRIVATE", error);
    }

    [Fact]
    public async Task Without_the_Secret_the_manager_is_said_to_speak_TLS()
    {
        var (code, _, error) = await RunAsync("status", "--timeout", "2s");
        Assert.NotEqual(0, code);
        Assert.Contains("TLS", error);
    }

    private IssuedCertificate Issue(CertificateRole role) => _authority.Issue(new CertificateIdentity(role, "demo"), DateTimeOffset.UtcNow, TimeSpan.FromHours(1));

    private void PutSecret(IssuedCertificate issued)
    {
        static string Encode(string text) => Convert.ToBase64String(Encoding.UTF8.GetBytes(text));
        _server.Create("secrets", "default", new JsonObject
        {
            ["metadata"] = new JsonObject { ["name"] = Secret },
            ["data"] = new JsonObject { ["ca.crt"] = Encode(_authority.CertificatePem), ["tls.crt"] = Encode(issued.CertificatePem), ["tls.key"] = Encode(issued.KeyPem) },
        });
    }

    private void CreateCluster(string name, string tls)
    {
        _server.Create("sealfsclusters", "default", new JsonObject
        {
            ["metadata"] = new JsonObject { ["name"] = name },
            ["spec"] = new JsonObject { ["image"] = "x", ["storageNodes"] = new JsonObject { ["replicas"] = 3 }, ["security"] = new JsonObject { ["tls"] = tls } },
        });
        _server.Create("pods", "default", new JsonObject { ["metadata"] = new JsonObject { ["name"] = $"{name}-manager-0" } });
    }

    private Task<ProcessOutcome> RunAsync(params string[] arguments) => SealFsProcess.RunAsync(["kubectl", .. arguments, "--kubeconfig", Path.Combine(_folder, "config")]);
}
