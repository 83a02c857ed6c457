using SealFs.Core.Control;
using SealFs.Core.Control.V1;
using Xunit;

namespace SealFs.Manager.Tests;

public sealed class WatchTests
{
    [Fact]
    public async Task A_watch_brings_the_whole_map_and_then_differences()
    {
        await using var manager = await ManagerFixture.StartAsync();
        await using var watch = Watch(manager, new WatchMapRequest());
        var map = ClusterMapCodec.Apply(null, await NextAsync(watch));
        Assert.False(map!.IsBuilt);

        await manager.RegisterAsync(1);
        var update = await NextAsync(watch);
        Assert.Equal(MapUpdate.UpdateOneofCase.Diff, update.UpdateCase);
        map = ClusterMapCodec.Apply(map, update);
        Assert.True(map!.IsBuilt);
        var whole = await manager.Client.GetMapAsync(ManagerFixture.Cancellation);
        Assert.Equal(whole.Version, map.Version);
        Assert.Equal(whole.Nodes, map.Nodes);
        Assert.Equal(whole.Shards.ToArray(), map.Shards.ToArray());
    }

    [Fact]
    public async Task A_watcher_that_comes_back_gets_only_what_it_missed()
    {
        await using var manager = await ManagerFixture.StartAsync();
        await manager.RegisterAsync(1);
        var known = await manager.Client.GetMapAsync(ManagerFixture.Cancellation);
        await manager.RegisterAsync(2);
        await manager.RegisterAsync(3);
        var request = new WatchMapRequest { HaveVersion = known.Version, ClusterId = known.ClusterId.ToString("D") };
        await using var watch = Watch(manager, request);
        var update = await NextAsync(watch);
        Assert.Equal(known.Version, update.Diff.BaseVersion);
        Assert.Equal([2u, 3u], update.Diff.Nodes.Select(node => node.Id));
        Assert.Empty(update.Diff.Shards);

        // One that has a version of which the manager knows nothing, or another cluster's, starts over.
        await using var unknown = Watch(manager, new WatchMapRequest { HaveVersion = 999, ClusterId = request.ClusterId });
        Assert.Equal(MapUpdate.UpdateOneofCase.Full, (await NextAsync(unknown)).UpdateCase);
        await using var foreign = Watch(manager, new WatchMapRequest { HaveVersion = known.Version, ClusterId = Guid.NewGuid().ToString("D") });
        Assert.Equal(MapUpdate.UpdateOneofCase.Full, (await NextAsync(foreign)).UpdateCase);
    }

    [Fact]
    public async Task Watchers_see_a_node_die()
    {
        await using var manager = await ManagerFixture.StartAsync();
        await manager.RegisterAsync(1);
        await using var watch = Watch(manager, new WatchMapRequest());
        Assert.Equal(NodeState.Live, (await NextAsync(watch)).Full.Nodes.Single().State);
        manager.Clock.Advance(manager.Options.NodeLease + manager.Options.HeartbeatInterval);
        Assert.Equal(NodeState.Dead, (await NextAsync(watch)).Diff.Nodes.Single().State);
    }

    [Fact]
    public async Task Hints_go_to_those_who_want_them()
    {
        await using var manager = await ManagerFixture.StartAsync();
        await manager.RegisterAsync(1);
        await using var node = Watch(manager, new WatchMapRequest { WantsHints = true });
        await using var client = Watch(manager, new WatchMapRequest());
        await NextAsync(node);
        await NextAsync(client);
        await manager.Client.CreateVolumeAsync(new CreateVolumeRequest { Name = "data" }, ManagerFixture.Cancellation);
        Assert.Equal(MapUpdate.UpdateOneofCase.Hint, (await NextAsync(node)).UpdateCase);
        await manager.RegisterAsync(2);
        Assert.Equal(MapUpdate.UpdateOneofCase.Diff, (await NextAsync(client)).UpdateCase);
    }

    [Fact]
    public async Task A_watcher_that_comes_late_gets_the_hint_that_it_may_have_missed()
    {
        await using var manager = await ManagerFixture.StartAsync();
        await manager.RegisterAsync(1);
        await manager.Client.CreateVolumeAsync(new CreateVolumeRequest { Name = "data" }, ManagerFixture.Cancellation);
        await using var node = Watch(manager, new WatchMapRequest { WantsHints = true });
        await NextAsync(node);
        Assert.Equal(MapUpdate.UpdateOneofCase.Hint, (await NextAsync(node)).UpdateCase);
    }

    [Fact]
    public async Task Watch_streams_end_when_the_manager_stops()
    {
        await using var manager = await ManagerFixture.StartAsync();
        await using var watch = Watch(manager, new WatchMapRequest());
        await NextAsync(watch);
        var next = NextAsync(watch);
        await manager.Host.DisposeAsync();
        Assert.True((await Assert.ThrowsAsync<ControlException>(() => next)).IsTransient);
    }

    private static IAsyncEnumerator<MapUpdate> Watch(ManagerFixture manager, WatchMapRequest request) =>
        manager.Client.WatchMapAsync(request, ManagerFixture.Cancellation).GetAsyncEnumerator(ManagerFixture.Cancellation);

    private static async Task<MapUpdate> NextAsync(IAsyncEnumerator<MapUpdate> watch)
    {
        Assert.True(await watch.MoveNextAsync());
        return watch.Current;
    }
}
