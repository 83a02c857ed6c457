using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using SealFs.Operator.Tests.Chart;
using SealFs.Testing.Kubernetes;

namespace SealFs.Operator.Tests.Clusters;

/// <summary>The ClusterRole is exactly what is used: nothing is missing, and nothing is more than needed.</summary>
public sealed partial class PermissionTests
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

    [Fact]
    public void The_chart_grants_the_same()
    {
        // Without helm: the rules themselves have nothing of a template in them.
        var template = RepositoryFiles.Read("charts/sealfs/templates/operator/rbac.yaml");
        var blocks = RuleBlock().Matches(template).Select(match => match.Groups[1].Value).ToList();
        Assert.Equal(2, blocks.Count);
        var chart = blocks.SelectMany(block => Permissions(Yaml.ParseAll(block)[0]!.AsArray())).ToList();
        Assert.Equal(Granted().Where(one => !one.Contains("leases", StringComparison.Ordinal)).Order(), chart.Order());
    }

    [Fact]
    public async Task What_helm_makes_of_the_chart_grants_the_same()
    {
        var documents = Manifests.Read(await Helm.TemplateAsync());
        var roles = RolesOf(documents, "sealfs-operator");
        Assert.Equal(Granted().Order(), roles.SelectMany(role => Permissions(role["rules"]!.AsArray())).Distinct().Order());
        Assert.All(roles.SelectMany(role => role["rules"]!.AsArray()), rule =>
            Assert.True((string)rule!["resources"]![0]! != "leases" || (string)rule["verbs"]![0]! == "create" || rule["resourceNames"] is not null, "any lease"));
        Assert.Empty(RolesOf(documents, "sealfs-csi-node"));
        Assert.Empty(RolesOf(documents, "sealfs-mountd"));
        Assert.DoesNotContain(documents, document => document.Text.Contains("\"*\"", StringComparison.Ordinal));

        // Nobody else sees Secrets by the API, and the operator cannot look for them.
        Assert.Equal(["create secrets", "get secrets", "patch secrets"], Granted().Where(one => one.EndsWith(" secrets", StringComparison.Ordinal)).Order());
        Assert.All(documents.Where(document => document.Text.Contains("secrets]", StringComparison.Ordinal)), document =>
            Assert.StartsWith("sealfs-operator", (string)document.Object["metadata"]!["name"]!));
    }

    [Fact]
    public async Task An_operator_of_one_namespace_has_rights_only_there()
    {
        var documents = Manifests.Read(await Helm.TemplateAsync("--set", "operator.watchNamespace=storage"));
        var everywhere = RolesOf(documents, "sealfs-operator").Where(role => (string?)role["kind"] == "ClusterRole").SelectMany(role => Permissions(role["rules"]!.AsArray()));
        Assert.All(everywhere, one => Assert.True(one.EndsWith(" storageclasses.storage.k8s.io", StringComparison.Ordinal) || one == "list persistentvolumes", one));
        Assert.Equal(Granted().Order(), RolesOf(documents, "sealfs-operator").SelectMany(role => Permissions(role["rules"]!.AsArray())).Distinct().Order());
    }

    [Theory]
    [InlineData("true", "sealfs-csi-client-tls sealfs-csi-admin-tls")]
    [InlineData("false", "")]
    public async Task An_operator_of_one_namespace_has_elsewhere_only_the_Secrets_of_its_driver(string hasDriver, string names)
    {
        var documents = Manifests.Read(await Helm.TemplateAsync("--set", $"operator.watchNamespace=storage,csi.enabled={hasDriver}"));
        var rules = RolesOf(documents, "sealfs-operator").Where(role => (string?)role["metadata"]!["namespace"] != "storage").SelectMany(role => role["rules"]!.AsArray())
            .Where(rule => rule!["resources"]!.AsArray().Any(resource => (string?)resource == "secrets")).ToList();
        Assert.Equal(names, string.Join(' ', rules.SelectMany(rule => rule!["resourceNames"]?.AsArray() ?? []).Select(name => (string)name!)));

        // What is created has no name yet by which Kubernetes could allow it.
        Assert.All(rules.Where(rule => rule!["resourceNames"] is null), rule => Assert.Equal(["create"], rule!["verbs"]!.AsArray().Select(verb => (string)verb!)));
        Assert.Equal(names.Length > 0, rules.Count > 0);
    }

    /// <summary>The roles that are bound to a service account.</summary>
    private static List<JsonObject> RolesOf(IReadOnlyList<(string Text, JsonObject Object)> documents, string account)
    {
        var bound = documents.Select(one => one.Object).Where(one => one["roleRef"] is not null && one["subjects"]!.AsArray().Any(subject => (string?)subject!["name"] == account));
        return [.. bound.Select(binding => documents.Select(one => one.Object).Single(role =>
            (string?)role["kind"] == (string?)binding["roleRef"]!["kind"] && (string?)role["metadata"]!["name"] == (string?)binding["roleRef"]!["name"]))];
    }

    private static HashSet<string> Granted() => [.. Permissions(Yaml.ParseAll(RepositoryFiles.Read("operator/rbac.yaml"))[0]!["rules"]!.AsArray())];

    private static IEnumerable<string> Permissions(JsonArray rules) => rules.SelectMany(rule =>
        from verb in rule!["verbs"]!.AsArray()
        from resource in rule["resources"]!.AsArray()
        let api = (string)rule["apiGroups"]![0]!
        let parts = ((string)resource!).Split('/')
        select $"{verb} {parts[0]}{(api.Length > 0 ? "." + api : "")}{(parts.Length > 1 ? "/" + parts[1] : "")}");

    [GeneratedRegex("\\{\\{- define \"sealfs\\.operator\\w+Rules\" -\\}\\}\n(.*?)\\{\\{- end -\\}\\}", RegexOptions.Singleline)]
    private static partial Regex RuleBlock();
}
