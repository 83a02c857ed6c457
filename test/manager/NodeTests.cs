using Grpc.Core;
using SealFs.Core;
using SealFs.Core.Control;
using SealFs.Core.Control.V1;
using SealFs.Core.Placement;
using Xunit;
using NodeState = SealFs.Core.Control.V1.NodeState;

namespace SealFs.Manager.Tests;

public sealed class NodeTests
{
    [Fact]
    public async Task A_map_is_built_when_the_expected_nodes_have_registered()
    {
        await using var manager = await ManagerFixture.StartAsync(options => options with { ExpectedNodes = 3 });
        for (var number = 1; number <= 3; number++)
        {
            Assert.False((await manager.Client.GetMapAsync(ManagerFixture.Cancellation)).IsBuilt);
            var registered = await manager.RegisterAsync(number);
            Assert.Equal((uint)number, registered.NodeId);
            Assert.Equal(256u, registered.ShardCount);
            Assert.InRange(registered.TokenKey.Length, 1, 128);
        }
        var map = await manager.Client.GetMapAsync(ManagerFixture.Cancellation);
        Assert.True(map.IsBuilt);
        foreach (var node in map.Nodes)
            Assert.InRange(map.Shards.ToArray().Count(shard => shard.Primary == node.Id), 85, 86);
        Assert.All(map.Shards.ToArray(), shard => Assert.Equal(new Epoch(1), shard.Epoch));
    }

    [Fact]
    public async Task A_node_that_comes_back_has_its_old_id_and_shards()
    {
        await using var manager = await ManagerFixture.StartAsync();
        await manager.RegisterAsync(1);
        var before = await manager.Client.GetMapAsync(ManagerFixture.Cancellation);
        var again = await manager.RegisterAsync(1, incarnation: 2);
        var after = await manager.Client.GetMapAsync(ManagerFixture.Cancellation);
        Assert.Equal(1u, again.NodeId);
        Assert.True(before.Shards.SequenceEqual(after.Shards));
    }

    [Fact]
    public async Task An_earlier_incarnation_is_refused()
    {
        await using var manager = await ManagerFixture.StartAsync();
        await manager.RegisterAsync(1, incarnation: 5);
        await RefusedAsync(StatusCode.FailedPrecondition, () => manager.RegisterAsync(1, incarnation: 4));
        await RefusedAsync(StatusCode.FailedPrecondition, () => manager.HeartbeatAsync(1, incarnation: 4));
        await RefusedAsync(StatusCode.NotFound, () => manager.HeartbeatAsync(1, incarnation: 6));
        await RefusedAsync(StatusCode.NotFound, () => manager.HeartbeatAsync(2));
    }

    [Fact]
    public async Task Disks_that_nodes_share_count_once()
    {
        await using var manager = await ManagerFixture.StartAsync();
        (string Data, string Metadata, ulong Available)[] disks = [("host 8:1", "host 8:2", 700), ("host 8:1", "host 8:3", 690), ("other 8:1", "host 8:2", 500), ("", "", 30), ("", "", 4)];
        var answer = new HeartbeatResponse();
        for (var number = 1; number <= disks.Length; number++)
        {
            await manager.RegisterAsync(number);
            var (data, metadata, available) = disks[number - 1];
            answer = await manager.HeartbeatAsync((uint)number, heartbeat =>
            {
                heartbeat.DataDisk = data;
                heartbeat.MetadataDisk = metadata;
                heartbeat.CapacityBytes = 1000;
                heartbeat.FreeBytes = available + 10;
                heartbeat.AvailableBytes = available;
                heartbeat.MetadataAvailableBytes = available;
            });
        }

        Assert.Equal(4000ul, answer.Room.CapacityBytes);
        Assert.Equal(700ul + 500 + 30 + 4, answer.Room.AvailableBytes);
        Assert.Equal(700ul + 690 + 30 + 4, answer.Room.MetadataAvailableBytes);
        var status = await manager.Client.ClusterStatusAsync(ManagerFixture.Cancellation);
        Assert.Equal(4000ul, status.CapacityBytes);
        Assert.Equal(710ul + 510 + 40 + 14, status.FreeBytes);
    }

    [Fact]
    public async Task A_heartbeat_that_was_overtaken_is_refused()
    {
        await using var manager = await ManagerFixture.StartAsync();
        await manager.RegisterAsync(1);
        await manager.HeartbeatAsync(1);
        await RefusedAsync(StatusCode.Aborted, () => manager.HeartbeatAsync(1, request => request.Sequence = 1));
    }

    [Fact]
    public async Task Two_nodes_cannot_have_one_name()
    {
        await using var manager = await ManagerFixture.StartAsync();
        await manager.RegisterAsync(1);
        await RefusedAsync(StatusCode.AlreadyExists, () => manager.RegisterAsync(2, name: "node-1"));
    }

    [Fact]
    public async Task A_node_of_another_cluster_is_refused()
    {
        await using var manager = await ManagerFixture.StartAsync();
        var request = ManagerFixture.Registration(1);
        request.ClusterId = Guid.NewGuid().ToString("D");
        await RefusedAsync(StatusCode.FailedPrecondition, () => manager.Client.RegisterNodeAsync(request, ManagerFixture.Cancellation));
    }

    [Theory]
    [InlineData("no-uuid", "node", "host:1", 1ul, 1.0)]
    [InlineData("00000000-0000-0000-0000-000000000000", "node", "host:1", 1ul, 1.0)]
    [InlineData("6b0e2f8e-7c32-4f5e-9d5e-94f3f6a3c001", "", "host:1", 1ul, 1.0)]
    [InlineData("6b0e2f8e-7c32-4f5e-9d5e-94f3f6a3c001", "node", "host", 1ul, 1.0)]
    [InlineData("6b0e2f8e-7c32-4f5e-9d5e-94f3f6a3c001", "node", "host:0", 1ul, 1.0)]
    [InlineData("6b0e2f8e-7c32-4f5e-9d5e-94f3f6a3c001", "node", "host:1", 0ul, 1.0)]
    [InlineData("6b0e2f8e-7c32-4f5e-9d5e-94f3f6a3c001", "node", "host:1", 1ul, -1.0)]
    [InlineData("6b0e2f8e-7c32-4f5e-9d5e-94f3f6a3c001", "node", "host:1", 1ul, double.NaN)]
    public async Task A_malformed_registration_is_refused(string uuid, string name, string address, ulong incarnation, double weight)
    {
        await using var manager = await ManagerFixture.StartAsync();
        var request = new RegisterNodeRequest { NodeUuid = uuid, Name = name, Address = address, Incarnation = incarnation, Weight = weight };
        await RefusedAsync(StatusCode.InvalidArgument, () => manager.Client.RegisterNodeAsync(request, ManagerFixture.Cancellation));
    }

    [Fact]
    public async Task Metrics_know_the_space_and_what_nobody_serves()
    {
        await using var manager = await ManagerFixture.StartAsync(options => options with { ExpectedNodes = 2 });
        await manager.RegisterAsync(1);
        await manager.RegisterAsync(2);
        await manager.HeartbeatAsync(1, request => (request.CapacityBytes, request.FreeBytes) = (100, 60));
        await manager.HeartbeatAsync(2, request => (request.CapacityBytes, request.FreeBytes) = (100, 70));
        Assert.Equal((200ul, 130ul, 0), manager.Host.Plane.Space);

        // Node 2 goes on, node 1 does not.
        await manager.AdvanceUntilAsync(
            async () =>
            {
                await manager.HeartbeatAsync(2, request => (request.CapacityBytes, request.FreeBytes) = (100, 70));
                return (await manager.Client.ClusterStatusAsync(ManagerFixture.Cancellation)).NodesDead == 1;
            },
            TimeSpan.FromMilliseconds(500));
        var status = await manager.Client.ClusterStatusAsync(ManagerFixture.Cancellation);
        Assert.True(status.ShardsUnavailable > 0);
        Assert.Equal((100ul, 70ul, (int)status.ShardsUnavailable), manager.Host.Plane.Space);

        await manager.HeartbeatAsync(1);
        Assert.Equal(0, manager.Host.Plane.Space.ShardsUnavailable);
    }

    [Fact]
    public async Task A_node_without_heartbeats_is_declared_dead_and_comes_back_with_its_epochs()
    {
        await using var manager = await ManagerFixture.StartAsync();
        await manager.RegisterAsync(1);
        var before = await manager.Client.GetMapAsync(ManagerFixture.Cancellation);

        // Just short of the lease nothing happens, however often the manager looks.
        manager.Clock.Advance(manager.Options.NodeLease - TimeSpan.FromMilliseconds(1));
        Assert.Equal(1u, (await manager.Client.ClusterStatusAsync(ManagerFixture.Cancellation)).NodesLive);
        await manager.AdvanceUntilAsync(async () => await StateAsync(manager) == NodeState.Dead, TimeSpan.FromMilliseconds(100));
        var status = await manager.Client.ClusterStatusAsync(ManagerFixture.Cancellation);
        Assert.Equal((0u, 1u, 256u), (status.NodesLive, status.NodesDead, status.ShardsUnavailable));

        await manager.HeartbeatAsync(1);
        var after = await manager.Client.GetMapAsync(ManagerFixture.Cancellation);
        Assert.Equal(Core.Placement.NodeState.Live, after.Node(new NodeId(1))!.State);
        Assert.True(after.Version >= before.Version + 2);
        Assert.True(before.Shards.SequenceEqual(after.Shards));
    }

    [Fact]
    public async Task Heartbeats_keep_a_node_alive()
    {
        await using var manager = await ManagerFixture.StartAsync();
        await manager.RegisterAsync(1);
        for (var beat = 0; beat < 40; beat++)
        {
            manager.Clock.Advance(manager.Options.NodeLease / 2);
            await manager.HeartbeatAsync(1);
        }
        Assert.Equal(NodeState.Live, await StateAsync(manager));
    }

    private static async Task<NodeState> StateAsync(ManagerFixture manager) =>
        (await manager.Client.ListNodesAsync(ManagerFixture.Cancellation)).Single().Node.State;

    private static async Task RefusedAsync(StatusCode code, Func<Task> call)
    {
        var refusal = await Assert.ThrowsAsync<ControlException>(call);
        Assert.Equal(code, refusal.Code);
        Assert.NotEmpty(refusal.Message);
    }
}
