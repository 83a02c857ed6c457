using SealFs.Core;
using SealFs.Core.Control;
using SealFs.Core.Control.V1;
using Xunit;

namespace SealFs.Manager.Tests.Control;

/// <summary>The node's loop against a real manager. Where a test is about hints, heartbeats by the clock are a day apart.</summary>
public sealed class NodeHeartbeatLoopTests
{
    [Fact]
    public async Task A_hint_brings_a_new_volume_to_the_node_at_once()
    {
        await using var manager = await RareHeartbeatsAsync();
        var agent = new RecordingAgent(1);
        await using var node = await RunningNode.StartAsync(manager, agent);
        Assert.True(node.Loop.HoldsLease);
        Assert.True(node.Watcher.Current!.IsBuilt);
        await manager.Client.CreateVolumeAsync(new CreateVolumeRequest { Name = "data", QuotaBytes = 1 << 30 }, ManagerFixture.Cancellation);
        var grants = await agent.GrantsAsync(volumes => volumes.Count == 1);
        Assert.Equal("data", grants[0].Volume.Name);
        Assert.InRange(grants[0].CeilingBytes, 1ul << 20, 1ul << 30);
    }

    [Fact]
    public async Task A_hint_brings_ended_sessions_and_deleted_volumes()
    {
        await using var manager = await RareHeartbeatsAsync();
        var agent = new RecordingAgent(1);
        await using var node = await RunningNode.StartAsync(manager, agent);
        await manager.Client.CreateVolumeAsync(new CreateVolumeRequest { Name = "data" }, ManagerFixture.Cancellation);
        await node.Loop.RequestUrgentAsync(ManagerFixture.Cancellation);
        var session = await manager.Client.OpenSessionAsync(new OpenSessionRequest { Volume = "data" }, ManagerFixture.Cancellation);
        await manager.Client.DeleteVolumeAsync("data", force: true, ManagerFixture.Cancellation);
        Assert.Equal(new SessionId(session.SessionId), await agent.NextEndedAsync());
        Assert.Equal(new VolumeId(1), await agent.Purge.Task.WaitAsync(ManagerFixture.Cancellation));
    }

    [Fact]
    public async Task The_registration_lists_the_live_sessions_and_heartbeats_do_when_asked()
    {
        await using var manager = await RareHeartbeatsAsync();
        await manager.RegisterAsync(2);
        await manager.Client.CreateVolumeAsync(new CreateVolumeRequest { Name = "data" }, ManagerFixture.Cancellation);
        var before = await manager.Client.OpenSessionAsync(new OpenSessionRequest { Volume = "data" }, ManagerFixture.Cancellation);
        var agent = new RecordingAgent(1);
        await using var node = await RunningNode.StartAsync(manager, agent);
        Assert.Equal([new SessionId(before.SessionId)], Assert.Single(agent.Lists).Live);

        var after = await manager.Client.OpenSessionAsync(new OpenSessionRequest { Volume = "data" }, ManagerFixture.Cancellation);
        for (var heartbeat = 0; heartbeat < 3; heartbeat++)
            await node.Loop.RequestUrgentAsync(ManagerFixture.Cancellation);
        Assert.Single(agent.Lists);
        agent.WantsList = true;
        await node.Loop.RequestUrgentAsync(ManagerFixture.Cancellation);
        Assert.Equal(2, agent.Lists.Count);
        Assert.Equal(new[] { before.SessionId, after.SessionId }.Order(), agent.Lists[1].Live.Select(session => session.Value).Order());
        Assert.True(agent.Lists[1].Newest > agent.Lists[0].Newest);
    }

    [Fact]
    public async Task A_hint_brings_orders_and_every_answer_brings_the_whole_list()
    {
        await using var manager = await RareHeartbeatsAsync();
        var (first, second) = (new RecordingAgent(1), new RecordingAgent(2));
        await using var source = await RunningNode.StartAsync(manager, first);
        await using var target = await RunningNode.StartAsync(manager, second);
        foreach (var node in (RunningNode[])[source, target])
            await node.Loop.RequestUrgentAsync(ManagerFixture.Cancellation);
        await second.OrdersAsync(orders => orders.Count == 0);
        var move = await manager.Client.MoveShardAsync(new ShardId(3), "node-2", ManagerFixture.Cancellation);
        var order = Assert.Single(await second.OrdersAsync(orders => orders.Count > 0));
        Assert.Equal((CopyAction.Learn, 3u, move, 1u), (order.Action, order.Shard, order.MoveId, order.Source));
        await manager.Client.CancelMoveAsync(move, ManagerFixture.Cancellation);
        await second.OrdersAsync(orders => orders.Count == 0);
    }

    [Fact]
    public async Task A_removed_node_is_refused_and_ends()
    {
        await using var manager = await RareHeartbeatsAsync();
        var (first, second) = (new RecordingAgent(1), new RecordingAgent(2));
        await using var staying = await RunningNode.StartAsync(manager, first);
        await using var node = await RunningNode.StartAsync(manager, second);
        await manager.Client.RemoveNodeAsync("node-2", forceLoseData: true, ManagerFixture.Cancellation);
        node.Loop.RequestUrgent();
        Assert.Contains("removed", await second.Refused.Task.WaitAsync(ManagerFixture.Cancellation), StringComparison.Ordinal);
        Assert.False(node.Loop.HoldsLease);
    }

    [Fact]
    public async Task An_urgent_request_is_answered_before_it_completes()
    {
        await using var manager = await RareHeartbeatsAsync();
        var agent = new RecordingAgent(1);
        await using var node = await RunningNode.StartAsync(manager, agent);
        await manager.Client.CreateVolumeAsync(new CreateVolumeRequest { Name = "data", QuotaBytes = 1 << 30 }, ManagerFixture.Cancellation);
        agent.Usage = new VolumeReport { VolumeId = 1, UsedBytes = 4711, Urgent = true };
        await node.Loop.RequestUrgentAsync(ManagerFixture.Cancellation);
        Assert.Equal(4711ul, (await manager.Client.GetVolumeAsync("data", ManagerFixture.Cancellation)).UsedBytes);
        await agent.GrantsAsync(volumes => volumes.Count == 1 && volumes[0].CeilingBytes >= 1ul << 29);
    }

    [Fact]
    public async Task A_later_process_with_the_same_identity_ends_the_loop_and_the_lease()
    {
        await using var manager = await RareHeartbeatsAsync();
        var agent = new RecordingAgent(1);
        await using var node = await RunningNode.StartAsync(manager, agent);
        await manager.RegisterAsync(1, incarnation: 2);
        var waiting = node.Loop.RequestUrgentAsync(ManagerFixture.Cancellation);
        Assert.Contains("later incarnation", await agent.Refused.Task.WaitAsync(ManagerFixture.Cancellation), StringComparison.Ordinal);
        Assert.False(node.Loop.HoldsLease);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
    }

    [Fact]
    public async Task The_lease_runs_out_without_a_manager_and_comes_back_with_it()
    {
        await using var manager = await ManagerFixture.StartAsync();
        var agent = new RecordingAgent(1);
        await using var node = await RunningNode.StartAsync(manager, agent, manager.Clock);
        Assert.True(node.Loop.HoldsLease);
        await manager.RestartAsync(down: manager.Options.NodeLease + TimeSpan.FromMinutes(1));
        await manager.AdvanceUntilAsync(() => Answered(manager, node), TimeSpan.FromMilliseconds(100));
        Assert.True(node.Loop.HoldsLease);
        Assert.Equal(1, agent.Registrations);

        // Counted from the moment the heartbeat was sent: at the end of the lease it is over, whatever the manager does meanwhile.
        await manager.Host.DisposeAsync();
        Assert.True(node.Loop.HoldsLease);
        manager.Clock.Advance(manager.Options.NodeLease);
        Assert.False(node.Loop.HoldsLease);
    }

    [Fact]
    public async Task A_manager_that_has_forgotten_the_node_is_told_again()
    {
        await using var manager = await ManagerFixture.StartAsync();
        var agent = new RecordingAgent(1);
        await using var node = await RunningNode.StartAsync(manager, agent, manager.Clock);
        await manager.RestartAsync(forgetEverything: true);
        await manager.AdvanceUntilAsync(
            async () =>
            {
                await Answered(manager, node);
                return agent.Registrations == 2;
            },
            TimeSpan.FromMilliseconds(100));
    }

    private static async Task<bool> Answered(ManagerFixture manager, RunningNode node)
    {
        // The clock stands still meanwhile: only the network has to be waited for.
        await manager.Client.ClusterStatusAsync(ManagerFixture.Cancellation);
        return node.Loop.HoldsLease;
    }

    private static Task<ManagerFixture> RareHeartbeatsAsync() => ManagerFixture.StartAsync(options => options with
    {
        Clock = TimeProvider.System,
        HeartbeatInterval = TimeSpan.FromDays(1),
        NodeLease = TimeSpan.FromDays(4),
    });

    /// <summary>A node's loop with its watcher.</summary>
    private sealed class RunningNode : IAsyncDisposable
    {
        private RunningNode(MapWatcher watcher, NodeHeartbeatLoop loop)
        {
            Watcher = watcher;
            Loop = loop;
        }

        public MapWatcher Watcher { get; }

        public NodeHeartbeatLoop Loop { get; }

        public static async Task<RunningNode> StartAsync(ManagerFixture manager, INodeAgent agent, TimeProvider? clock = null)
        {
            var watcher = new MapWatcher(manager.Client, wantsHints: true, clock: clock);
            var loop = new NodeHeartbeatLoop(manager.Client, agent, watcher, clock);
            await loop.StartAsync(ManagerFixture.Cancellation);
            watcher.Start();
            return new(watcher, loop);
        }

        public async ValueTask DisposeAsync()
        {
            await Loop.DisposeAsync();
            await Watcher.DisposeAsync();
        }
    }
}
