using SealFs.Core;
using SealFs.Core.Control.V1;
using SealFs.Core.Placement;
using SealFs.Manager.Maps;
using SealFs.Testing;
using Xunit;
using NodeState = SealFs.Core.Placement.NodeState;

namespace SealFs.Manager.Tests.Maps;

public sealed class WatchPaceTests
{
    private const int Clients = 100;

    private readonly ManualClock clock = new();

    private static TimeSpan Pause => Clients * Limits.LookPauseForEachWatcher;

    [Fact]
    public void A_few_watchers_look_at_every_change()
    {
        var pace = new WatchPace(clock);
        using var watcher = pace.Enter();
        for (var change = 0; change < 10; change++)
        {
            var next = pace.Next;
            Assert.False(next.IsCompleted);
            pace.Request();
            Assert.True(next.IsCompleted);
        }
    }

    [Fact]
    public void Many_watchers_look_at_the_first_change_at_once_and_at_later_ones_together()
    {
        var pace = new WatchPace(clock);
        for (var watcher = 0; watcher < Clients; watcher++)
            pace.Enter();
        var first = pace.Next;
        pace.Request();
        Assert.True(first.IsCompleted);

        var second = pace.Next;
        pace.Request();
        clock.Advance(Pause - TimeSpan.FromMilliseconds(1));
        pace.Request();
        Assert.False(second.IsCompleted);
        clock.Advance(TimeSpan.FromMilliseconds(1));
        Assert.True(second.IsCompleted);

        // Nothing is owed: the next change after a pause is seen at once again.
        clock.Advance(Pause);
        var third = pace.Next;
        Assert.False(third.IsCompleted);
        pace.Request();
        Assert.True(third.IsCompleted);
    }

    [Fact]
    public async Task Clients_get_what_came_meanwhile_as_one_difference_and_nodes_get_each_at_once()
    {
        var maps = new MapKeeper(ClusterMap.Unbuilt(Guid.NewGuid(), 16), clock);
        var clients = await StartAsync(maps, Clients, wantsHints: false);
        var node = (await StartAsync(maps, 1, wantsHints: true))[0];
        maps.Publish(maps.Current.WithNode(Node(1)));
        foreach (var client in clients)
            Assert.Equal(2ul, (await NextAsync(client)).Diff.Version);
        Assert.Equal(2ul, (await NextAsync(node)).Diff.Version);

        maps.Publish(maps.Current.WithNode(Node(2)));
        Assert.Equal(3ul, (await NextAsync(node)).Diff.Version);
        var waiting = clients.Select(NextAsync).ToList();
        maps.Publish(maps.Current.WithNode(Node(3)));
        Assert.Equal(4ul, (await NextAsync(node)).Diff.Version);
        Assert.All(waiting, task => Assert.False(task.IsCompleted));
        clock.Advance(Pause);
        foreach (var update in await Task.WhenAll(waiting))
        {
            Assert.Equal((2ul, 4ul), (update.Diff.BaseVersion, update.Diff.Version));
            Assert.Equal([3u, 4u], update.Diff.Nodes.Select(changed => changed.Id));
        }
    }

    [Fact]
    public void Who_has_a_version_that_is_kept_gets_the_difference_and_others_the_whole_map()
    {
        var maps = new MapKeeper(ClusterMap.Unbuilt(Guid.NewGuid(), 16), clock);
        for (var version = 2u; version <= Limits.MapVersionsKept + 2; version++)
            maps.Publish(maps.Current.WithNode(Node(version % 10)));
        var newest = maps.Current.Version;
        Assert.Equal(MapUpdate.UpdateOneofCase.Full, maps.UpdateFrom(1).UpdateCase);
        var oldest = maps.UpdateFrom(newest - Limits.MapVersionsKept);
        Assert.Equal(newest, oldest.Diff.Version);
        Assert.Same(oldest, maps.UpdateFrom(newest - Limits.MapVersionsKept));
        Assert.Same(maps.Snapshot, maps.UpdateFrom(newest + 5).Full);
    }

    private static async Task<List<IAsyncEnumerator<MapUpdate>>> StartAsync(MapKeeper maps, int count, bool wantsHints)
    {
        var watches = new List<IAsyncEnumerator<MapUpdate>>();
        for (var index = 0; index < count; index++)
        {
            watches.Add(maps.WatchAsync(new WatchMapRequest { WantsHints = wantsHints }, ManagerFixture.Cancellation).GetAsyncEnumerator());
            Assert.Equal(MapUpdate.UpdateOneofCase.Full, (await NextAsync(watches[^1])).UpdateCase);
        }
        return watches;
    }

    private static async Task<MapUpdate> NextAsync(IAsyncEnumerator<MapUpdate> watch)
    {
        Assert.True(await watch.MoveNextAsync());
        return watch.Current;
    }

    private static ClusterNode Node(uint id) =>
        new(new NodeId(id + 1), $"node-{id}", "127.0.0.1:1", "", "host", $"{Guid.NewGuid()}", 1, NodeState.Live);
}
