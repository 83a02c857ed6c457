using System.Text.Json.Nodes;
using SealFs.Testing.Kubernetes;

namespace SealFs.Operator.Tests.Clusters;

/// <summary>The ClusterRole is exactly what is used: nothing is missing, and nothing is more than needed.</summary>
public sealed class PermissionTests
{
    private static readonly HashSet<string> s_notSeenHere =
    [
        // A right that admission asks for, not a request.
        "update sealfsclusters.sealfs.io/finalizers",

        // The same event twice within minutes does not happen in this run; the recorder's test has it.
        "patch events",
    ];

    [Fact]
    public async Task What_is_used_is_granted_and_what_is_granted_is_used()
    {
        await using var world = await OperatorWorld.StartAsync();
        world.Server.DefineServiceMonitors();
        world.CreateCluster(3, spec =>
        {
            spec["deletionPolicy"] = "Delete";
            spec["csi"] = new JsonObject { ["storageClasses"] = new JsonArray(new JsonObject { ["name"] = "sealfs" }) };
            spec["monitoring"] = new JsonObject { ["serviceMonitor"] = true };
        });
        world.StartOperator();
        await world.UntilReady(3);
        world.Scale(4);
        await world.UntilReady(4);
        world.Scale(3);
        await world.UntilReady(3);
        world.ChangeSpec(spec => spec["storageNodes"]!["dataVolume"]!["size"] = "200Gi");
        await world.UntilReady(3);
        world.ChangeSpec(spec => spec["image"] = "sealfs:2");
        await Until.Equal("sealfs:2 sealfs:2 sealfs:2", () => world.Images, "the images");
        world.Server.Delete("sealfsclusters", "default", "demo");
        await Until.True(() => world.Server.List("sealfsclusters").Count == 0, "the cluster going");

        var used = world.Server.Requests.All.Select(request => request.Permission).ToHashSet();

        // Apply of what is not there is a patch on the wire, and creates.
        used.UnionWith(used.Where(one => one.StartsWith("patch ", StringComparison.Ordinal) && used.Contains("get " + one[6..]) && !one.Contains("leases", StringComparison.Ordinal)).Select(one => "create " + one[6..]).ToList());
        var granted = Granted();
        Assert.Empty(used.Except(granted));
        Assert.Empty(granted.Except(used).Except(s_notSeenHere));
    }

    private static HashSet<string> Granted() => [.. Yaml.ParseAll(RepositoryFiles.Read("operator/rbac.yaml"))[0]!["rules"]!.AsArray().SelectMany(rule =>
        from verb in rule!["verbs"]!.AsArray()
        from resource in rule["resources"]!.AsArray()
        let api = (string)rule["apiGroups"]![0]!
        let parts = ((string)resource!).Split('/')
        select $"{verb} {parts[0]}{(api.Length > 0 ? "." + api : "")}{(parts.Length > 1 ? "/" + parts[1] : "")}")];
}
