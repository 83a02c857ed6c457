namespace SealFs.Containers.Tests;

/// <summary>Three nodes and two clients for several tests.</summary>
public sealed class ClusterFixture : IAsyncLifetime
{
    public const int Nodes = 3;
    private ContainerCluster? _cluster;

    /// <summary>Skips the test where there is none.</summary>
    public ContainerCluster Cluster
    {
        get
        {
            Assert.SkipWhen(_cluster is null, Obstacle ?? "");
            return _cluster!;
        }
    }

    private string? Obstacle { get; set; }

    public async ValueTask InitializeAsync()
    {
        Obstacle = await Engine.ObstacleAsync();
        if (Obstacle is not null)
            return;
        _cluster = await ContainerCluster.StartAsync(Nodes);
        await _cluster.StartClientAsync("a");
        await _cluster.StartClientAsync("b");
    }

    public async ValueTask DisposeAsync()
    {
        if (_cluster is not null)
            await _cluster.DisposeAsync();
    }
}
