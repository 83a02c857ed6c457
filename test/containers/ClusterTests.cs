using System.Text.RegularExpressions;
using SealFs.Core.Control;
using SealFs.Core.Control.V1;
using SealFs.Core.Tokens;

namespace SealFs.Containers.Tests;

/// <summary>The image at work: what the containers may do, what they share, and what becomes of them when one dies or is exchanged.</summary>
public sealed partial class ClusterTests(ClusterFixture fixture) : IClassFixture<ClusterFixture>
{
    /// <summary>With what every private key on P-256 begins (PKCS#8).</summary>
    private const string PrivateKeyInBase64 = "MIGHAgEAMBMGByqGSM49";

    private const string PrivateKeyInHex = "308187020100301306072A8648CE3D02";

    [Fact]
    public async Task What_one_client_writes_another_reads()
    {
        var sum = await fixture.Cluster.ShellAsync("a", MakeTree("shared"));
        Assert.Equal(sum, await fixture.Cluster.ShellAsync("b", SumTree("shared")));
        await fixture.Cluster.ShellAsync("b", "echo 'from b' >shared/f1; mv shared/large shared/renamed; rm shared/f2");
        Assert.Equal("from b", await fixture.Cluster.ShellAsync("a", "cat shared/f1; test -e shared/renamed"));

        // A name that was there is believed for a second.
        await fixture.Cluster.ShellAsync("a", "timeout 20 bash -c 'while test -e shared/f2; do sleep 0.1; done'");
    }

    [Fact]
    public async Task A_killed_node_comes_back_with_its_data()
    {
        var sum = await fixture.Cluster.ShellAsync("a", MakeTree("killed"));
        for (var number = 1; number <= ClusterFixture.Nodes; number++)
        {
            await fixture.Cluster.KillAndStartAsync($"node-{number}");
            await fixture.Cluster.WaitHealthyAsync();
            Assert.Equal(sum, await fixture.Cluster.ShellAsync(number % 2 == 0 ? "a" : "b", SumTree("killed")));
        }
        await fixture.Cluster.CommandAsync("fsck", ContainerCluster.Volume, "--verify", "--manager", "manager:7400");
    }

    [Fact]
    public async Task The_manager_is_exchanged_on_its_volume()
    {
        var sum = await fixture.Cluster.ShellAsync("a", MakeTree("exchanged"));
        var before = ClusterId().Match(await fixture.Cluster.CommandAsync("cluster", "status", "--manager", "manager:7400")).Value;
        await fixture.Cluster.ExchangeManagerAsync(ClusterFixture.Nodes);
        await fixture.Cluster.WaitHealthyAsync();
        Assert.NotEqual("", before);
        Assert.Equal(before, ClusterId().Match(await fixture.Cluster.CommandAsync("cluster", "status", "--manager", "manager:7400")).Value);
        Assert.Equal(sum, await fixture.Cluster.ShellAsync("b", SumTree("exchanged")));
        await fixture.Cluster.ShellAsync("a", "echo more >exchanged/more");
        Assert.Equal("more", await fixture.Cluster.ShellAsync("b", "cat exchanged/more"));
    }

    [Fact]
    public async Task Servers_run_without_root_and_without_rights()
    {
        foreach (var name in fixture.Cluster.Names.Where(name => name == "manager" || name.StartsWith("node-", StringComparison.Ordinal)))
        {
            var process = await fixture.Cluster.ProcessOfAsync(name);
            var status = await File.ReadAllLinesAsync($"/proc/{process}/status", TestContext.Current.CancellationToken);
            Assert.Contains("Uid:\t10001\t10001\t10001\t10001", status);
            Assert.Contains("Gid:\t10001\t10001\t10001\t10001", status);
            Assert.Contains("CapEff:\t0000000000000000", status);
            Assert.Contains("CapBnd:\t0000000000000000", status);
            Assert.Contains("NoNewPrivs:\t1", status);
            Assert.Contains("Seccomp:\t2", status);
            Assert.Matches("^\\S+ / \\S+ ro,", (await File.ReadAllLinesAsync($"/proc/{process}/mounts", TestContext.Current.CancellationToken))[0]);
        }
    }

    [Fact]
    public async Task No_log_has_a_token_or_the_key_that_signs_them()
    {
        using var manager = new ControlClient([$"{await fixture.Cluster.AddressOfAsync("manager")}:7400"]);
        var opened = await manager.OpenSessionAsync(new OpenSessionRequest { Volume = ContainerCluster.Volume, ClientName = "test" }, TestContext.Current.CancellationToken);
        await fixture.Cluster.ShellAsync("a", "echo x >logged; sync logged");
        await manager.CloseSessionAsync(new(opened.SessionId), BearerKey.FromPrivate(opened.PrivateKey.Span), TestContext.Current.CancellationToken);
        var token = opened.Token.ToByteArray();
        var entries = 0;
        foreach (var name in fixture.Cluster.Names)
        {
            var log = await fixture.Cluster.LogOfAsync(name);
            Assert.DoesNotContain(Convert.ToBase64String(token)[..40], log, StringComparison.Ordinal);
            Assert.DoesNotContain(Convert.ToHexString(token)[..64], log, StringComparison.OrdinalIgnoreCase);
            Assert.DoesNotContain(PrivateKeyInBase64, log, StringComparison.Ordinal);
            Assert.DoesNotContain(PrivateKeyInHex, log, StringComparison.OrdinalIgnoreCase);
            entries += log.Count('\n');
        }
        Assert.True(entries > 100, "the servers were to log everything");
    }

    /// <summary>Small and large files that are on the nodes' disks, and the sum over them.</summary>
    private static string MakeTree(string name) =>
        $"mkdir {name}; for i in $(seq 60); do head -c $((i * 1000)) /dev/urandom >{name}/f$i; done; head -c 20000000 /dev/urandom >{name}/large; sync {name}/*; {SumTree(name)}";

    private static string SumTree(string name) => $"sha256sum {name}/* | sha256sum";

    [GeneratedRegex("Cluster [0-9a-f-]{36}")]
    private static partial Regex ClusterId();
}
