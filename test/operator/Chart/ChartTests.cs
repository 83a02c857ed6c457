using System.Text.Json.Nodes;
using SealFs.Testing.Kubernetes;

namespace SealFs.Operator.Tests.Chart;

/// <summary>What helm makes of the chart.</summary>
public sealed class ChartTests
{
    private static readonly string[] s_everything =
    [
        "--set", "monitoring.serviceMonitor.enabled=true,monitoring.prometheusRule.enabled=true,monitoring.dashboard.enabled=true,csi.node.registrar.enabled=true",
        "--set", "storageClasses[0].name=fast,storageClasses[0].manager=m.example:7400,storageClasses[0].isDefault=true,storageClasses[0].mountOptions[0]=attr_timeout=5s",
        "--set", "storageClasses[0].parameters.durability=sync,csi.manager=m:7400,imagePullSecrets[0].name=registry,commonLabels.team=storage,podAnnotations.note=x",
        "--set", "operator.watchNamespace=storage,image.digest=sha256:0000000000000000000000000000000000000000000000000000000000000000,operator.extraArgs[0]=--workers=2",
    ];

    public static TheoryData<string[]> Values => new(
        [], s_everything, ["--set", "operator.enabled=false"], ["--set", "csi.enabled=false,crds.install=false"], ["--set", "csi.sidecars.livenessProbe.enabled=false,operator.replicas=1"]);

    [Fact]
    public async Task Lint_finds_nothing() => Assert.Contains("0 chart(s) failed", await Helm.RunAsync("lint", "--strict", Helm.ChartFolder));

    [Theory]
    [MemberData(nameof(Values))]
    public async Task What_it_makes_is_valid(string[] values)
    {
        await using var server = await ApiServer.StartAsync();
        Manifests.Check(server, await Helm.TemplateAsync(values));
    }

    [Theory]
    [MemberData(nameof(Values))]
    public async Task Pods_have_no_more_than_they_need(string[] values)
    {
        foreach (var workload in await PodsAsync(values))
        {
            var (name, pod) = workload;
            var isOfMachine = name.EndsWith("-csi-node", StringComparison.Ordinal) || name.EndsWith("-mountd", StringComparison.Ordinal);
            Assert.Equal("RuntimeDefault", (string?)pod["securityContext"]!["seccompProfile"]!["type"]);
            Assert.Equal(!isOfMachine, (bool?)pod["securityContext"]!["runAsNonRoot"] == true);
            Assert.All(["hostNetwork", "hostPID", "hostIPC"], field => Assert.Null(pod[field]));
            foreach (var container in pod["containers"]!.AsArray())
            {
                var security = container!["securityContext"]!;
                Assert.True((bool)security["readOnlyRootFilesystem"]!, $"{name}: the root file system of {container["name"]}");
                if (isOfMachine && (string)container["name"]! is "driver" or "mountd")
                {
                    Assert.True((bool?)security["privileged"]);
                    continue;
                }
                Assert.Null(security["privileged"]);
                Assert.False((bool)security["allowPrivilegeEscalation"]!);
                Assert.Equal(["ALL"], security["capabilities"]!["drop"]!.AsArray().Select(one => (string)one!));
            }
        }
    }

    [Theory]
    [MemberData(nameof(Values))]
    public async Task Only_the_operator_and_the_sidecars_have_a_token(string[] values)
    {
        foreach (var (name, pod) in await PodsAsync(values))
        {
            if (name.EndsWith("-operator", StringComparison.Ordinal))
                continue;
            Assert.False((bool)pod["automountServiceAccountToken"]!, name);
            var holders = pod["containers"]!.AsArray()
                .Where(container => container!["volumeMounts"]!.AsArray().Any(mount => ((string)mount!["mountPath"]!).StartsWith("/var/run/secrets", StringComparison.Ordinal)))
                .Select(container => (string)container!["name"]!);
            Assert.Equal(name.EndsWith("-csi-controller", StringComparison.Ordinal) ? ["provisioner", "resizer"] : [], holders);
        }
    }

    [Theory]
    [InlineData("sealfs-csi-controller", "driver", "--driver-admin-secret=")]
    [InlineData("sealfs-mountd", "mountd", "--driver-client-secret=")]
    public async Task The_driver_has_the_Secret_that_the_operator_keeps_for_it(string name, string container, string option)
    {
        var pods = await PodsAsync([]);
        var operation = pods.Single(one => one.Name == "sealfs-operator").Pod["containers"]![0]!["args"]!.AsArray().Select(one => (string)one!).ToList();
        Assert.Contains(operation, one => one.StartsWith("--driver-namespace=", StringComparison.Ordinal) && one.Length > "--driver-namespace=".Length);
        var pod = pods.Single(one => one.Name == name).Pod;
        var volume = pod["volumes"]!.AsArray().Single(one => one!["secret"] is not null)!;
        Assert.Equal(operation.Single(one => one.StartsWith(option, StringComparison.Ordinal)), option + (string)volume["secret"]!["secretName"]!);
        Assert.True((bool)volume["secret"]!["optional"]!);
        var own = pod["containers"]!.AsArray().Single(one => (string?)one!["name"] == container)!;
        var path = (string)own["volumeMounts"]!.AsArray().Single(one => (string?)one!["name"] == (string)volume["name"]!)!["mountPath"]!;
        Assert.Contains($"--tls-clusters-dir={path}", own["args"]!.AsArray().Select(one => (string)one!));
    }

    [Fact]
    public async Task A_rolled_mountd_is_there_before_the_old_one_goes()
    {
        var mountd = Manifests.Read(await Helm.TemplateAsync()).Single(one => (string?)one.Object["kind"] == "DaemonSet" && Name(one.Object) == "sealfs-mountd").Object;
        var strategy = mountd["spec"]!["updateStrategy"]!["rollingUpdate"]!;
        Assert.Equal(1, (long)strategy["maxSurge"]!);
        Assert.Equal(0, (long)strategy["maxUnavailable"]!);
        Assert.NotNull(mountd["spec"]!["template"]!["spec"]!["containers"]![0]!["readinessProbe"]!["tcpSocket"]);
    }

    [Theory]
    [InlineData("operator.replicas=many", "replicas")]
    [InlineData("csi.nodes.maxUnavailable=1", "nodes")]
    [InlineData("image.pullPolicy=Sometimes", "pullPolicy")]
    [InlineData("csi.kubeletDir=var/lib/kubelet", "kubeletDir")]
    [InlineData("storageClasses[0].parameters.colour=red,storageClasses[0].name=x", "colour")]
    public async Task Values_that_make_no_sense_are_refused(string value, string word)
    {
        var (code, _, errors) = await Helm.TryAsync("template", "sealfs", Helm.ChartFolder, "--set", value);
        Assert.NotEqual(0, code);
        Assert.Contains(word, errors);
    }

    [Fact]
    public async Task The_notes_say_the_next_command_and_it_is_right()
    {
        var output = await Helm.RunAsync("install", "sealfs", Helm.ChartFolder, "--namespace", "storage", "--dry-run=client");
        var notes = output[output.IndexOf("NOTES:", StringComparison.Ordinal)..];
        var start = notes.IndexOf("<<END\n", StringComparison.Ordinal) + 6;
        var cluster = string.Join('\n', notes[start..notes.IndexOf("  END", StringComparison.Ordinal)].Split('\n').Select(line => line.Length > 2 ? line[2..] : line));
        await using var server = await ApiServer.StartAsync();
        server.Create("namespaces", "", new JsonObject { ["metadata"] = new JsonObject { ["name"] = "storage" } });
        server.Create("customresourcedefinitions", "", Yaml.ParseAll(RepositoryFiles.Read("crds/sealfsclusters.yaml"))[0]!.AsObject());
        Manifests.Check(server, cluster);
        Assert.NotNull(server.Get("sealfsclusters", "storage", "demo"));
    }

    private static string Name(JsonObject document) => (string)document["metadata"]!["name"]!;

    private static async Task<IReadOnlyList<(string Name, JsonNode Pod)>> PodsAsync(string[] values) =>
        [.. Manifests.Read(await Helm.TemplateAsync(values)).Where(one => one.Object["spec"]?["template"] is not null).Select(one => (Name(one.Object), one.Object["spec"]!["template"]!["spec"]!))];
}
