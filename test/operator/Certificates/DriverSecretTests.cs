using System.Text.Json.Nodes;
using SealFs.Operator.Tests.Clusters;

namespace SealFs.Operator.Tests.Certificates;

/// <summary>What the driver has of all clusters.</summary>
public sealed class DriverSecretTests : IAsyncLifetime
{
    private OperatorWorld _world = null!;
    private ClusterSecrets _secrets = null!;

    public async ValueTask InitializeAsync()
    {
        _world = await OperatorWorld.StartAsync();
        _secrets = new ClusterSecrets(_world);
    }

    public ValueTask DisposeAsync() => _world.DisposeAsync();

    private JsonObject Mounts => _secrets.Driver("sealfs-csi-client-tls")!;

    private IEnumerable<string> Keys => Mounts["data"]?.AsObject().Select(pair => pair.Key) ?? [];

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Entries_go_with_their_cluster_and_those_of_others_stay(bool byForce)
    {
        _world.CreateCluster(3);
        var first = _world.StartOperator();
        await _world.UntilReady(3);
        Assert.Equal(3, Keys.Count());
        _world.Server.Update("secrets", OperatorWorld.DriverSpace, "sealfs-csi-client-tls", "kubectl", secret => secret["data"]!["elsewhere.example.7400.ca.crt"] = "QQ==");
        if (byForce)
        {
            await first.StopAsync();
            _world.Server.Change("sealfsclusters", "default", "demo", cluster => cluster["metadata"]!.AsObject().Remove("finalizers"));
        }
        _world.Server.Delete("sealfsclusters", "default", "demo");
        await Until.True(() => _world.Server.List("sealfsclusters").Count == 0, "the cluster going");
        if (byForce)
        {
            // Whichever cluster is looked at next: entries of what is no more go.
            _world.CreateCluster(3, name: "other");
            _world.StartOperator();
        }
        await Until.True(() => !Keys.Any(key => key.StartsWith(ClusterSecrets.Prefix, StringComparison.Ordinal)), "the entries going");
        Assert.Contains("elsewhere.example.7400.ca.crt", Keys);
        Assert.Equal(byForce ? 1 : 0, Mounts["metadata"]!["annotations"]?.AsObject().Count ?? 0);
        await Until.True(() => _world.Server.List("secrets", "default").All(secret => !((string)secret["metadata"]!["name"]!).StartsWith("demo-", StringComparison.Ordinal)), "the Secrets of the cluster going");
    }

    [Fact]
    public async Task Several_clusters_share_them()
    {
        _world.CreateCluster(3);
        _world.CreateCluster(3, name: "other");
        _world.StartOperator();
        await Until.True(() => _secrets.Driver("sealfs-csi-client-tls") is not null && Keys.Count() == 6, "the entries of both");
        Assert.Equal(["demo-manager.default.svc.7400", "other-manager.default.svc.7400"], Keys.Where(key => key.EndsWith(".ca.crt", StringComparison.Ordinal)).Select(key => key[..^7]).Order());
    }

    [Fact]
    public async Task Without_a_driver_there_are_none()
    {
        _world.Certificates = _world.Certificates with { DriverNamespace = "" };
        _world.CreateCluster(3);
        _world.StartOperator();
        await _world.UntilReady(3);
        Assert.Empty(_world.Server.List("secrets", OperatorWorld.DriverSpace));
        Assert.Equal(5, _world.Server.List("secrets", "default").Count);
    }
}
