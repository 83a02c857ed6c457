using System.Text;
using System.Text.Json.Nodes;
using SealFs.Core.Security;
using SealFs.Operator.Certificates;
using SealFs.Operator.Tests.Clusters;

namespace SealFs.Operator.Tests.Certificates;

/// <summary>security.tls: secret.</summary>
public sealed class SuppliedAuthorityTests : IAsyncLifetime
{
    private OperatorWorld _world = null!;
    private ClusterSecrets _secrets = null!;

    public async ValueTask InitializeAsync()
    {
        _world = await OperatorWorld.StartAsync();
        _secrets = new ClusterSecrets(_world);
        _world.Certificates = _world.Certificates with { Propagation = TimeSpan.FromMilliseconds(100) };
        _world.CreateCluster(3, spec => spec["security"] = new JsonObject { ["tls"] = "secret", ["secretRef"] = "mine" });
    }

    public ValueTask DisposeAsync() => _world.DisposeAsync();

    [Fact]
    public async Task Certificates_are_issued_by_it_and_another_one_is_changed_to_in_steps()
    {
        var first = Authority.Create("mine", DateTimeOffset.UtcNow, TimeSpan.FromDays(365));
        Put(first.Certificate, first.Key);
        _world.StartOperator();
        await _world.UntilReady(3);
        Assert.All(_secrets.Holders().Values, holder => Assert.Equal(first.Certificate, holder.Bundle));
        var second = Authority.Create("mine", DateTimeOffset.UtcNow, TimeSpan.FromDays(365));
        _world.Server.Delete("secrets", "default", "mine");
        await Until.Equal("SecretNotFound", () => (string?)_world.Condition("Degraded")?["reason"] ?? "", "the reason");
        Assert.All(_secrets.Holders().Values, holder => Assert.Equal(first.Certificate, holder.Bundle));
        Put(second.Certificate, second.Key);
        await Until.True(() => _secrets.Holders().Values.All(holder => holder.Bundle == second.Certificate), "the other CA", 60);
        await _world.UntilReady(3);
        Assert.All(_secrets.Holders().Values, holder => holder.Load());
        Assert.Contains("AuthorityAnnounced", _world.Events);
        Assert.Contains("AuthorityReplaced", _world.Events);
        Assert.Contains("AuthoritySettled", _world.Events);
    }

    [Theory]
    [InlineData("missing", "SecretNotFound", "mine")]
    [InlineData("keyless", "SecretIncomplete", "tls.key")]
    [InlineData("leaf", "NoAuthority", "no authority")]
    [InlineData("other key", "NoAuthority", "none of the certificates")]
    [InlineData("nonsense", "NoAuthority", "certificate")]
    [InlineData("expired", "AuthorityExpired", "expired")]
    public async Task What_is_wrong_with_it_is_said_and_nothing_is_started(string what, string reason, string word)
    {
        var now = DateTimeOffset.UtcNow;
        var good = Authority.Create("mine", now, TimeSpan.FromDays(365));
        var leaf = good.Issue(CertificateRole.Admin, "me", now, TimeSpan.FromDays(30));
        var old = Authority.Create("mine", now - TimeSpan.FromDays(30), TimeSpan.FromDays(20));
        if (what != "missing")
        {
            var (certificate, key) = what switch
            {
                "keyless" => (good.Certificate, null),
                "leaf" => (leaf.Certificate, leaf.Key),
                "other key" => (good.Certificate, old.Key),
                "expired" => (old.Certificate, old.Key),
                _ => ("nonsense", good.Key),
            };
            Put(certificate, key);
        }
        _world.StartOperator();
        await _world.UntilPhase("Refused");
        Assert.Equal(reason, (string?)_world.Condition("Degraded")!["reason"]);
        Assert.Contains(word, (string)_world.Condition("Degraded")!["message"]!, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("PRIVATE", _world.Status!.ToJsonString());
        Assert.Empty(_world.Server.List("statefulsets"));
        Put(good.Certificate, good.Key);
        _world.Server.Update("sealfsclusters", "default", "demo", "kubectl", cluster => cluster["metadata"]!["labels"] = new JsonObject { ["look"] = "again" });
        await _world.UntilReady(3);
    }

    private void Put(string certificate, string? key)
    {
        var data = new JsonObject { ["tls.crt"] = Convert.ToBase64String(Encoding.UTF8.GetBytes(certificate)) };
        if (key is not null)
            data["tls.key"] = Convert.ToBase64String(Encoding.UTF8.GetBytes(key));
        if (_world.Server.Get("secrets", "default", "mine") is not null)
            _world.Server.Delete("secrets", "default", "mine");
        _world.Server.Create("secrets", "default", new JsonObject { ["metadata"] = new JsonObject { ["name"] = "mine" }, ["data"] = data });
    }
}
