using System.Security.Cryptography.X509Certificates;
using System.Text.Json.Nodes;
using SealFs.Core.Security;
using SealFs.Operator.Tests.Clusters;
using SealFs.Testing.Kubernetes;

namespace SealFs.Operator.Tests.Certificates;

public sealed class IssuingTests : IAsyncLifetime
{
    private OperatorWorld _world = null!;
    private ClusterSecrets _secrets = null!;

    public async ValueTask InitializeAsync()
    {
        _world = await OperatorWorld.StartAsync();
        _secrets = new ClusterSecrets(_world);
    }

    public ValueTask DisposeAsync() => _world.DisposeAsync();

    [Fact]
    public async Task Everybody_gets_a_certificate_of_his_role_and_trusts_the_others()
    {
        await StartAsync();
        var holders = _secrets.Holders();
        Assert.Equal(6, holders.Count);
        foreach (var (name, holder) in holders)
        {
            var role = name switch { "mounts" => "client", "controller" => "admin", _ => name };
            Assert.Equal(role, holder.Load().Identity.Role.Text());
            using var manager = X509Certificate2.CreateFromPem(holders["manager"].Certificate);
            Assert.Null(holder.Load().Verify(manager, [], isServer: true, DateTimeOffset.UtcNow).Refusal);
        }
        Assert.Equal(CertificateRole.Admin, _world.Shown!.Identity.Role);
        Assert.DoesNotContain("PRIVATE", ClusterSecrets.Text(_secrets.Authority, "bundle.crt")!);
        Assert.StartsWith($"{DateTime.UtcNow.AddDays(90):yyyy-MM-dd}", (string)_world.Status!["certificates"]!["expire"]!);
        Assert.StartsWith($"{DateTime.UtcNow.Year + 10}", (string)_world.Status!["certificates"]!["authorityExpires"]!);
        Assert.Contains("CertificateIssued", _world.Events);
    }

    [Theory]
    [InlineData("demo-manager")]
    [InlineData("demo-node")]
    public async Task Pods_have_theirs_mounted_and_speak_TLS(string name)
    {
        await StartAsync();
        var pod = _world.Server.Get("statefulsets", "default", name)!["spec"]!["template"]!["spec"]!;
        var volume = pod["volumes"]!.AsArray().Single(one => one!["secret"] is not null)!;
        Assert.Equal($"{name}-tls", (string?)volume["secret"]!["secretName"]);
        var container = pod["containers"]![0]!;
        var path = (string)container["volumeMounts"]!.AsArray().Single(mount => (string?)mount!["name"] == (string?)volume["name"])!["mountPath"]!;
        var arguments = container["args"]!.AsArray().Select(one => (string)one!).ToList();
        Assert.Equal(path, arguments[arguments.IndexOf("--tls-dir") + 1]);
        Assert.DoesNotContain("--insecure", arguments);
    }

    [Fact]
    public async Task Without_TLS_there_are_no_Secrets()
    {
        _world.CreateCluster(3, spec => spec["security"] = new JsonObject { ["tls"] = "none" });
        _world.StartOperator();
        await _world.UntilReady(3);
        Assert.Empty(_world.Server.List("secrets"));
        Assert.Null(_world.Shown);
        Assert.Null(_world.Status!["certificates"]);
        var arguments = _world.Server.Get("statefulsets", "default", "demo-node")!["spec"]!["template"]!["spec"]!["containers"]![0]!["args"]!.AsArray().Select(one => (string?)one);
        Assert.Contains("--insecure", arguments);
    }

    [Theory]
    [InlineData("none", "auto")]
    [InlineData("auto", "none")]
    public async Task A_cluster_that_runs_does_not_change_between_cleartext_and_TLS(string from, string to)
    {
        _world.CreateCluster(3, spec => spec["security"] = new JsonObject { ["tls"] = from });
        _world.StartOperator();
        await _world.UntilReady(3);
        Assert.Throws<ApiErrorException>(() => _world.ChangeSpec(spec => spec["security"]!["tls"] = to));

        // As on an API server that knows no rules.
        _world.Server.Change("sealfsclusters", "default", "demo", cluster => cluster["spec"]!["security"]!["tls"] = to);
        await _world.UntilPhase("Refused");
        Assert.Equal("TlsCannotChange", (string?)_world.Condition("Degraded")!["reason"]);
        Assert.Equal(from == "auto" ? 2 : 0, _world.Server.List("secrets", OperatorWorld.DriverSpace).Count);
        _world.Server.Change("sealfsclusters", "default", "demo", cluster => cluster["spec"]!["security"]!["tls"] = from);
        await _world.UntilReady(3);
    }

    [Fact]
    public async Task A_Secret_that_somebody_breaks_or_deletes_is_made_anew()
    {
        await StartAsync();
        var before = _secrets.Serials().ToList();
        _world.Server.Delete("secrets", "default", "demo-node-tls");
        await Until.True(() => _secrets.Leaf(CertificateRole.Node) is not null, "the Secret");
        _world.Server.Update("secrets", "default", "demo-client-tls", "kubectl", secret => secret["data"]!["tls.key"] = Convert.ToBase64String("nonsense"u8.ToArray()));
        await Until.True(() => ClusterSecrets.Text(_secrets.Leaf(CertificateRole.Client), "tls.key") != "nonsense", "the key");
        _world.Server.Delete("secrets", OperatorWorld.DriverSpace, "sealfs-csi-client-tls");
        await Until.True(() => _secrets.Holders().Count == 6, "the driver's Secret");
        Assert.Equal(_secrets.Holders()["client"], _secrets.Holders()["mounts"]);
        Assert.All(_secrets.Holders().Values, holder => holder.Load());
        Assert.Equal([true, false, false, true], before.Zip(_secrets.Serials(), (one, other) => one == other));
    }

    [Fact]
    public async Task What_somebody_asks_for_is_done_once()
    {
        await StartAsync();
        var before = _secrets.Serials().ToList();
        var authority = ClusterSecrets.Text(_secrets.Authority, "ca.crt");
        _world.Server.Update("sealfsclusters", "default", "demo", "kubectl", cluster => cluster["metadata"]!["annotations"] = new JsonObject { ["sealfs.io/rotate-certificates"] = "please" });
        await Until.True(() => _secrets.Serials().All(one => !before.Contains(one)), "new certificates");
        await Until.True(() => _secrets.Holders()["mounts"] == _secrets.Holders()["client"] && _secrets.Holders()["controller"] == _secrets.Holders()["admin"], "the driver's copies");
        await _world.UntilReady(3);
        var after = _secrets.Serials().ToList();
        var second = _world.StartOperator();
        await _first!.StopAsync();
        await Until.True(() => second.Host.Rounds >= 2, "reconciliations of another operator");
        Assert.Equal(after, _secrets.Serials());
        Assert.Equal(authority, ClusterSecrets.Text(_secrets.Authority, "ca.crt"));
    }

    [Fact]
    public async Task Certificates_are_renewed_when_a_third_of_their_life_is_left_and_no_pod_restarts()
    {
        await StartAsync();
        var pods = Uids();
        var before = _secrets.Serials().ToList();
        await _first!.StopAsync();
        _world.Clock.Advance(TimeSpan.FromDays(59));
        var early = _world.StartOperator();
        await Until.True(() => early.Host.Rounds >= 2, "reconciliations");
        Assert.Equal(before, _secrets.Serials());
        await early.StopAsync();
        _world.Clock.Advance(TimeSpan.FromDays(2));
        _world.StartOperator();
        await Until.True(() => _secrets.Serials().All(one => !before.Contains(one)), "new certificates");
        await _world.UntilReady(3);
        Assert.Equal(pods, Uids());
        Assert.DoesNotContain("AuthorityAnnounced", _world.Events);
    }

    private RunningOperator? _first;

    private List<string> Uids() => [.. _world.Server.List("pods").Select(pod => (string)pod["metadata"]!["uid"]!).Order()];

    private async Task StartAsync()
    {
        _world.CreateCluster(3);
        _first = _world.StartOperator();
        await _world.UntilReady(3);
    }
}
