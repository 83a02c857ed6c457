using SealFs.Core.Control;
using SealFs.Core.Placement;
using Xunit;

namespace SealFs.Manager.Tests.Control;

public sealed class MapWatcherTests
{
    [Fact]
    public async Task A_watcher_follows_the_map_in_order()
    {
        await using var manager = await ManagerFixture.StartAsync();
        await using var watcher = new MapWatcher(manager.Client);
        var versions = new List<ulong>();
        watcher.Changed += map => versions.Add(map.Version);
        watcher.Start();
        await watcher.WaitForAsync(map => !map.IsBuilt, ManagerFixture.Cancellation);
        await manager.RegisterAsync(1);
        var built = await watcher.WaitForAsync(map => map.IsBuilt, ManagerFixture.Cancellation);
        await manager.RegisterAsync(2);
        var grown = await watcher.WaitForAsync(map => map.Nodes.Length == 2, ManagerFixture.Cancellation);
        Assert.True(built.Shards.SequenceEqual(grown.Shards));
        Assert.Equal(versions.Order().Distinct(), versions);
    }

    [Fact]
    public async Task A_watcher_serves_a_kept_map_without_a_manager_and_goes_on_when_one_is_back()
    {
        await using var manager = await ManagerFixture.StartAsync(options => options with { Clock = TimeProvider.System });
        await manager.RegisterAsync(1);
        var kept = ClusterMapCodec.FromBytes(ClusterMapCodec.ToBytes(await manager.Client.GetMapAsync(ManagerFixture.Cancellation)));
        await manager.Host.DisposeAsync();
        await using var watcher = new MapWatcher(manager.Client, kept);
        watcher.Start();
        Assert.Same(kept, watcher.Current);
        await manager.RestartAsync();
        await manager.RegisterAsync(2);
        var newer = await watcher.WaitForAsync(map => map.Nodes.Length == 2, ManagerFixture.Cancellation);
        Assert.True(newer.Version > kept!.Version);
    }

    [Fact]
    public async Task Older_maps_and_those_of_another_cluster_are_ignored()
    {
        await using var manager = await ManagerFixture.StartAsync();
        await manager.RegisterAsync(1);
        var older = await manager.Client.GetMapAsync(ManagerFixture.Cancellation);
        await manager.RegisterAsync(2);
        var newer = await manager.Client.GetMapAsync(ManagerFixture.Cancellation);
        await using var watcher = new MapWatcher(manager.Client, newer);
        Assert.False(watcher.Offer(older));
        Assert.False(watcher.Offer(ClusterMap.Unbuilt(Guid.NewGuid(), 256).WithNodes(newer.Nodes).WithNodes(newer.Nodes).WithNodes(newer.Nodes)));
        Assert.Same(newer, watcher.Current);
    }
}
