using SealFs.Core.Control;
using SealFs.Core.Control.V1;
using Xunit;

namespace SealFs.Manager.Tests;

public sealed class RestartTests
{
    [Fact]
    public async Task A_restarted_manager_knows_everything()
    {
        await using var manager = await ManagerFixture.StartAsync(options => options with { ExpectedNodes = 3 });
        var cancellation = ManagerFixture.Cancellation;
        var key = (await manager.RegisterAsync(1)).TokenKey;
        await manager.RegisterAsync(2);
        await manager.RegisterAsync(3);
        await manager.Client.CreateVolumeAsync(new CreateVolumeRequest { Name = "kept", QuotaBytes = 1 << 30, Durability = VolumeDurability.Sync }, cancellation);
        await manager.Client.CreateVolumeAsync(new CreateVolumeRequest { Name = "gone" }, cancellation);
        await manager.Client.DeleteVolumeAsync("gone", cancellation: cancellation);
        await manager.Client.OpenSessionAsync(new OpenSessionRequest { Volume = "kept", ClientName = "c", Host = "h" }, cancellation);
        await manager.HeartbeatAsync(2, request => request.Volumes.Add(new VolumeReport { VolumeId = 1, UsedBytes = 77, UsedInodes = 7 }));
        var map = await manager.Client.GetMapAsync(cancellation);
        var volumes = await manager.Client.ListVolumesAsync(includeDeleting: true, cancellation);
        var sessions = await manager.Client.ListSessionsAsync(cancellation: cancellation);

        await manager.RestartAsync();

        var mapAfter = await manager.Client.GetMapAsync(cancellation);
        Assert.Equal((map.Version, map.ClusterId), (mapAfter.Version, mapAfter.ClusterId));
        Assert.Equal(map.Nodes, mapAfter.Nodes);
        Assert.Equal(map.Shards.ToArray(), mapAfter.Shards.ToArray());
        Assert.Equal(volumes, await manager.Client.ListVolumesAsync(includeDeleting: true, cancellation));
        Assert.Equal(sessions, await manager.Client.ListSessionsAsync(cancellation: cancellation));
        Assert.Equal(key, (await manager.RegisterAsync(1)).TokenKey);
        Assert.Equal(3u, (await manager.Client.CreateVolumeAsync(new CreateVolumeRequest { Name = "new" }, cancellation)).Id);
        Assert.Equal(4u, (await manager.RegisterAsync(4)).NodeId);
        Assert.Equal(2u, (await manager.HeartbeatAsync(3)).PurgeVolumes.Single());
    }

    [Fact]
    public async Task After_a_long_time_without_a_manager_leases_start_anew()
    {
        await using var manager = await ManagerFixture.StartAsync(options => options with { ExpectedNodes = 2 });
        var cancellation = ManagerFixture.Cancellation;
        await manager.RegisterAsync(1);
        await manager.RegisterAsync(2);
        await manager.Client.CreateVolumeAsync(new CreateVolumeRequest { Name = "data" }, cancellation);
        await manager.Client.OpenSessionAsync(new OpenSessionRequest { Volume = "data" }, cancellation);

        await manager.RestartAsync(down: TimeSpan.FromDays(1));
        manager.Clock.Advance(manager.Options.NodeLease - TimeSpan.FromSeconds(1));
        var status = await manager.Client.ClusterStatusAsync(cancellation);
        Assert.Equal((2u, 0u, 1u), (status.NodesLive, status.NodesDead, status.Sessions));

        // A node that is heard stays; one that is not is dead when the new lease is over.
        await manager.AdvanceUntilAsync(
            async () =>
            {
                await manager.HeartbeatAsync(1);
                return (await manager.Client.ClusterStatusAsync(cancellation)).NodesDead > 0;
            },
            TimeSpan.FromSeconds(1));
        Assert.Equal([1u], (await manager.Client.ListNodesAsync(cancellation)).Where(node => node.LeaseLeftMs > 0).Select(node => node.Node.Id));
    }

    [Fact]
    public async Task Quota_is_granted_again_only_when_every_node_has_been_heard()
    {
        await using var manager = await ManagerFixture.StartAsync(options => options with { ExpectedNodes = 2 });
        await manager.RegisterAsync(1);
        await manager.RegisterAsync(2);
        await manager.Client.CreateVolumeAsync(new CreateVolumeRequest { Name = "data", QuotaBytes = 1000 }, ManagerFixture.Cancellation);
        var all = await UrgentAsync(manager, 1, used: 0, ceiling: 0);
        Assert.Equal(1000ul, all.CeilingBytes);
        await manager.RestartAsync();
        var second = await UrgentAsync(manager, 2, used: 0, ceiling: 0);
        Assert.Equal((0ul, true), (second.CeilingBytes, second.MoreExpected));
        Assert.Equal(1000ul, (await UrgentAsync(manager, 1, used: 400, ceiling: 1000)).CeilingBytes);
        Assert.Equal(0ul, (await UrgentAsync(manager, 2, used: 0, ceiling: 0)).CeilingBytes);
    }

    [Fact]
    public async Task The_number_of_shards_never_changes()
    {
        await using var manager = await ManagerFixture.StartAsync(options => options with { Shards = 64 });
        await manager.Host.DisposeAsync();
        var refusal = await Assert.ThrowsAsync<ArgumentException>(
            () => ManagerHost.StartAsync(manager.Options with { Shards = 128 }, cancellation: ManagerFixture.Cancellation));
        Assert.Contains("64", refusal.Message, StringComparison.Ordinal);
        await manager.RestartAsync();
        Assert.Equal(64u, (await manager.RegisterAsync(1)).ShardCount);
    }

    [Fact]
    public async Task The_largest_number_of_shards_works_and_survives()
    {
        await using var manager = await ManagerFixture.StartAsync(options => options with { Shards = 1 << 20, ExpectedNodes = 3 });
        using var patient = new ControlClient([manager.Host.Address], TimeSpan.FromMinutes(1));
        for (var number = 1; number <= 3; number++)
            await patient.RegisterNodeAsync(ManagerFixture.Registration(number), ManagerFixture.Cancellation);
        var map = await patient.GetMapAsync(ManagerFixture.Cancellation);
        await manager.RestartAsync();
        var after = await patient.GetMapAsync(ManagerFixture.Cancellation);
        Assert.Equal(1u << 20, after.ShardCount);
        Assert.True(map.Shards.SequenceEqual(after.Shards));
    }

    private static async Task<VolumeGrant> UrgentAsync(ManagerFixture manager, uint node, ulong used, ulong ceiling)
    {
        var report = new VolumeReport { VolumeId = 1, UsedBytes = used, CeilingBytes = ceiling, Urgent = true };
        return (await manager.HeartbeatAsync(node, request => request.Volumes.Add(report))).Volumes.Single();
    }
}
