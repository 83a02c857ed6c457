namespace SealFs.Containers.Tests;

/// <summary>SIGTERM, as an orchestrator sends it: each process ends by itself, in time, and says that all was well.</summary>
public sealed class TerminationTests
{
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task Every_container_ends_in_time_with_success()
    {
        await using var cluster = await ContainerCluster.StartAsync(nodes: 1);
        await cluster.StartClientAsync("c");
        await cluster.ShellAsync("c", "for i in $(seq 100); do echo $i >f$i; done; head -c 5000000 /dev/urandom >large");
        foreach (var name in new[] { "c", "node-1", "manager" })
            Assert.True(await cluster.StopAsync(name, s_limit) is 0 and var code, $"{name}: {await cluster.LogOfAsync(name)}");
    }
}
