using System.Text.Json.Nodes;

namespace SealFs.Operator.Tests.Clusters;

/// <summary>Clusters that do without DNS.</summary>
public sealed class AddressTests : IAsyncLifetime
{
    private OperatorWorld _world = null!;

    public async ValueTask InitializeAsync() => _world = await OperatorWorld.StartAsync();

    public async ValueTask DisposeAsync() => await _world.DisposeAsync();

    private JsonNode? Service => _world.Server.Get("services", "default", "demo-manager");

    private static JsonObject Volume(string handle) => new()
    {
        ["metadata"] = new JsonObject { ["name"] = "pv-1" },
        ["spec"] = new JsonObject { ["csi"] = new JsonObject { ["driver"] = "sealfs.csi.sealfs.io", ["volumeHandle"] = handle } },
    };

    [Theory]
    [InlineData("10.96.1.2", "10.96.1.2:7400", "$(POD_IP):7410")]
    [InlineData("fd00::7", "[fd00::7]:7400", "[$(POD_IP)]:7410")]
    public async Task Everybody_gets_the_address_of_the_managers_service_which_stays(string ip, string manager, string advertised)
    {
        _world.CreateCluster(3, spec =>
        {
            spec["network"] = new JsonObject { ["addresses"] = "ips" };
            spec["csi"] = new JsonObject { ["storageClasses"] = new JsonArray(new JsonObject { ["name"] = "sealfs" }) };
        });
        _world.StartOperator();
        await Until.True(() => Service is not null, "the manager's Service");
        Assert.Null(Service!["spec"]!["clusterIP"]);
        Assert.Empty(_world.Server.List("statefulsets"));

        // What the API server does.
        _world.Server.Change("services", "default", "demo-manager", service => service["spec"]!["clusterIP"] = ip);
        await _world.UntilReady(3);
        Assert.Equal(manager, (string?)_world.Status!["managerAddress"]);
        Assert.Equal(manager, (string?)_world.Server.Get("storageclasses", "", "sealfs")!["parameters"]!["manager"]);
        var arguments = _world.Server.Get("statefulsets", "default", "demo-node")!["spec"]!["template"]!["spec"]!["containers"]![0]!["args"]!.AsArray().Select(one => (string?)one).ToList();
        Assert.Equal(manager, arguments[arguments.IndexOf("--manager") + 1]);
        Assert.Equal(advertised, arguments[arguments.IndexOf("--advertise") + 1]);

        _world.Server.Delete("services", "default", "demo-manager");
        await Until.Equal(ip, () => (string?)Service?["spec"]!["clusterIP"] ?? "", "the address of the Service that came back");

        _world.Server.Create("persistentvolumes", "", Volume($"{manager}/photos"));
        _world.Server.Delete("sealfsclusters", "default", "demo");
        await Until.True(() => _world.Is("DeletionBlocked"), "the refusal");
        _world.Server.Delete("persistentvolumes", "", "pv-1");
        await Until.True(() => _world.Server.List("sealfsclusters").Count == 0, "the cluster going");
        Assert.Equal(1, _world.Events.Count(one => one == "Deleted"));
    }
}
