using System.Text.Json.Nodes;
using SealFs.Testing.Kubernetes;

namespace SealFs.Operator.Tests.Clusters;

public sealed class ClusterTests : IAsyncLifetime
{
    private OperatorWorld _world = null!;

    public async ValueTask InitializeAsync() => _world = await OperatorWorld.StartAsync();

    public async ValueTask DisposeAsync()
    {
        Assert.Empty(_world.Manager.Violations);
        await _world.DisposeAsync();
    }

    [Fact]
    public async Task A_cluster_of_a_few_lines_becomes_available_and_then_nothing_is_written()
    {
        _world.CreateCluster(3, spec =>
        {
            spec["csi"] = new JsonObject { ["storageClasses"] = new JsonArray(new JsonObject { ["name"] = "sealfs" }) };
            spec["manager"] = new JsonObject { ["resources"] = new JsonObject { ["requests"] = new JsonObject { ["memory"] = "1024Mi" } } };
        });
        var running = _world.StartOperator();
        await _world.UntilReady(3);
        Assert.True(_world.Is("Available"));
        Assert.Equal("demo-manager.default.svc:7400", (string?)_world.Server.Get("storageclasses", "", "sealfs")!["parameters"]!["manager"]);
        Assert.Equal(6, _world.Server.List("persistentvolumeclaims").Count(claim => ((string)claim["metadata"]!["name"]!).Contains("-node-", StringComparison.Ordinal)));

        _world.Server.Requests.Clear();
        var rounds = running.Host.Rounds;
        for (var i = 0; i < 10; i++)
        {
            _world.Server.Change("configmaps", "default", "demo-config", map => map["metadata"]!["annotations"]!["poke"] = $"{i}");
            var before = running.Host.Rounds;
            await Until.True(() => running.Host.Rounds > before, "a reconciliation");
        }
        Assert.True(running.Host.Rounds >= rounds + 10);
        Assert.Empty(_world.Server.Requests.Writes);
    }

    [Fact]
    public async Task A_new_operator_writes_nothing_when_all_is_well()
    {
        _world.CreateCluster(3);
        var first = _world.StartOperator();
        await _world.UntilReady(3);
        await first.StopAsync();
        _world.Server.Requests.Clear();
        var second = _world.StartOperator();
        await Until.True(() => second.Host.Rounds >= 2, "reconciliations of the second operator");
        Assert.Empty(_world.Server.Requests.Writes);
    }

    [Fact]
    public async Task What_somebody_breaks_is_put_right()
    {
        _world.CreateCluster(3);
        _world.StartOperator();
        await _world.UntilReady(3);
        _world.Server.Delete("services", "default", "demo-node");
        await Until.True(() => _world.Server.Get("services", "default", "demo-node") is not null, "the service");
        _world.Server.Update("statefulsets", "default", "demo-node", "kubectl", set => set["spec"]!["template"]!["spec"]!["containers"]![0]!["image"] = "evil");
        await Until.True(() => (string)_world.Server.Get("statefulsets", "default", "demo-node")!["spec"]!["template"]!["spec"]!["containers"]![0]!["image"]! == "sealfs:1", "the image");
    }

    [Fact]
    public async Task What_this_version_cannot_do_is_refused_with_a_reason()
    {
        _world.CreateCluster(3, spec => spec["replication"] = new JsonObject { ["copies"] = 2 });
        _world.StartOperator();
        await _world.UntilPhase("Refused");
        Assert.Equal("ReplicationNotSupported", (string?)_world.Condition("Degraded")!["reason"]);
        Assert.Empty(_world.Server.List("statefulsets"));
        _world.ChangeSpec(spec => spec["replication"]!["copies"] = 1);
        await _world.UntilReady(3);
        Assert.False(_world.Is("Degraded"));
    }

    [Fact]
    public async Task An_object_of_somebody_else_with_our_name_is_left_alone()
    {
        _world.Server.Create("services", "default", new JsonObject { ["metadata"] = new JsonObject { ["name"] = "demo-manager" }, ["spec"] = new JsonObject { ["type"] = "NodePort" } });
        _world.CreateCluster(3);
        _world.StartOperator();
        await Until.Equal("ReconcileFailed", () => (string?)_world.Condition("Degraded")?["reason"] ?? "", "the reason");
        Assert.Equal("NodePort", (string?)_world.Server.Get("services", "default", "demo-manager")!["spec"]!["type"]);
        _world.Server.Delete("services", "default", "demo-manager");
        await _world.UntilReady(3);
    }

    [Fact]
    public async Task Conflicts_outages_cut_watches_and_410_heal_by_themselves()
    {
        _world.CreateCluster(3);
        var conflicts = _world.Server.Faults.Next(20, Fault.Conflict, request => request.IsWrite && request.Type.Plural != "leases");
        _world.StartOperator();
        await Until.True(() => _world.Server.Requests.Writes.Count > 3, "writes");
        _world.Server.Faults.Outage = true;
        await Task.Yield();
        _world.Server.Faults.Outage = false;
        _world.Server.Compact();
        _world.Server.Faults.CutWatches();
        await _world.UntilReady(3);
        conflicts.Dispose();
        _world.Scale(4);
        _world.Server.Faults.CutWatches();
        _world.Server.Compact();
        await _world.UntilReady(4);
    }

    [Fact]
    public async Task Of_two_operators_one_acts_and_the_other_takes_over()
    {
        _world.CreateCluster(3);
        var first = _world.StartOperator();
        await Until.True(() => first.Host.IsLeader, "the first one leading");
        var second = _world.StartOperator();
        await _world.UntilReady(3);
        Assert.False(second.Host.IsLeader);
        Assert.Equal(0, second.Host.Rounds);
        await first.StopAsync();
        await Until.True(() => second.Host.IsLeader, "the second one leading");
        _world.Scale(4);
        await _world.UntilReady(4);
    }

    [Fact]
    public async Task Growing_volumes_grows_claims_and_keeps_the_pods()
    {
        _world.CreateCluster(3);
        _world.StartOperator();
        await _world.UntilReady(3);
        var pods = _world.NodePods.Select(pod => (string)pod["metadata"]!["uid"]!).Order().ToList();
        _world.ChangeSpec(spec => spec["storageNodes"]!["dataVolume"]!["size"] = "200Gi");
        await Until.True(() => Template() == "200Gi", "the template");
        await _world.UntilReady(3);
        Assert.All(Enumerable.Range(0, 3), ordinal => Assert.Equal(
            "200Gi", (string?)_world.Server.Get("persistentvolumeclaims", "default", $"data-demo-node-{ordinal}")!["spec"]!["resources"]!["requests"]!["storage"]));
        Assert.Equal(pods, _world.NodePods.Select(pod => (string)pod["metadata"]!["uid"]!).Order());

        _world.ChangeSpec(spec => spec["storageNodes"]!["dataVolume"]!["size"] = "50Gi");
        await Until.Equal("VolumeShrinkRefused", () => (string?)_world.Condition("Degraded")?["reason"] ?? "", "the reason");
        Assert.Equal("200Gi", Template());

        string? Template() => (string?)_world.Server.Get("statefulsets", "default", "demo-node")?["spec"]!["volumeClaimTemplates"]!.AsArray()
            .First(claim => (string)claim!["metadata"]!["name"]! == "data")!["spec"]!["resources"]!["requests"]!["storage"];
    }

    [Theory]
    [InlineData("Retain", 7)]
    [InlineData("Delete", 0)]
    public async Task A_cluster_that_volumes_point_at_is_not_deleted(string policy, int claimsLeft)
    {
        _world.CreateCluster(3, spec =>
        {
            spec["deletionPolicy"] = policy;
            spec["csi"] = new JsonObject { ["storageClasses"] = new JsonArray(new JsonObject { ["name"] = "sealfs" }) };
        });
        _world.StartOperator();
        await _world.UntilReady(3);
        CreateVolume("ours", "demo-manager.default.svc:7400/pvc-1");
        CreateVolume("other", "demo-manager.elsewhere.svc:7400/pvc-2");
        _world.Server.Delete("sealfsclusters", "default", "demo");
        await Until.True(() => _world.Is("DeletionBlocked"), "the condition");
        Assert.Contains("ours", (string)_world.Condition("DeletionBlocked")!["message"]!);
        Assert.DoesNotContain("other", (string)_world.Condition("DeletionBlocked")!["message"]!);
        Assert.Equal(3, _world.NodePods.Count);
        _world.Server.Delete("persistentvolumes", "", "ours");
        _world.Server.Change("sealfsclusters", "default", "demo", cluster => cluster["metadata"]!["labels"] = new JsonObject { ["look"] = "again" });
        await Until.True(() => _world.Server.List("sealfsclusters").Count == 0, "the cluster going");
        await Until.True(() => !Left().Any(), "everything going", detail: () => string.Join(", ", Left()));
        Assert.Empty(_world.Server.List("storageclasses"));
        Assert.Equal(claimsLeft, _world.Server.List("persistentvolumeclaims").Count);

        IEnumerable<string> Left() => new[] { "statefulsets", "services", "pods" }.SelectMany(kind => _world.Server.List(kind).Select(item => $"{kind}/{item["metadata"]!["name"]}"));
    }

    private void CreateVolume(string name, string handle) => _world.Server.Create("persistentvolumes", "", new JsonObject
    {
        ["metadata"] = new JsonObject { ["name"] = name },
        ["spec"] = new JsonObject { ["csi"] = new JsonObject { ["driver"] = "sealfs.csi.sealfs.io", ["volumeHandle"] = handle } },
    });
}
