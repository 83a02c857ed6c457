using Grpc.Core;
using SealFs.Core;
using SealFs.Core.Control;
using SealFs.Core.Control.V1;
using SealFs.Core.Placement;
using SealFs.Core.Tokens;
using Xunit;

namespace SealFs.Manager.Tests;

public sealed class VolumeTests
{
    [Fact]
    public async Task A_volume_has_what_was_asked_for_and_defaults_otherwise()
    {
        await using var manager = await WithNodeAsync();
        var plain = await CreateAsync(manager, "plain");
        Assert.Equal((1u, "plain", 4ul << 20, 16ul << 10), (plain.Id, plain.Name, plain.ChunkSizeBytes, plain.InlineLimitBytes));
        Assert.Equal((0ul, 0ul, VolumeDurability.Default, VolumeState.Active), (plain.QuotaBytes, plain.QuotaInodes, plain.Durability, plain.State));
        Assert.Equal(PlacementHash.Root(new VolumeId(1), 256).Value, plain.RootInode);
        Assert.Equal(manager.Clock.GetUtcNow().ToUnixTimeMilliseconds(), plain.CreatedUnixMs);

        var request = new CreateVolumeRequest
        {
            Name = "special",
            QuotaBytes = 1 << 30,
            QuotaInodes = 1000,
            ChunkSizeBytes = 1 << 20,
            InlineLimitBytes = 0,
            Durability = VolumeDurability.Sync,
        };
        var special = await manager.Client.CreateVolumeAsync(request, ManagerFixture.Cancellation);
        Assert.Equal((2u, 1ul << 30, 1000ul, 1ul << 20, 0ul), (special.Id, special.QuotaBytes, special.QuotaInodes, special.ChunkSizeBytes, special.InlineLimitBytes));
        Assert.Equal(VolumeDurability.Sync, special.Durability);
        Assert.Equal(["plain", "special"], (await manager.Client.ListVolumesAsync(cancellation: ManagerFixture.Cancellation)).Select(volume => volume.Name));
        Assert.Equal(special, await manager.Client.GetVolumeAsync(new VolumeId(2), ManagerFixture.Cancellation));
    }

    [Theory]
    [InlineData("")]
    [InlineData("Upper")]
    [InlineData("-a")]
    [InlineData("a-")]
    [InlineData("a..b")]
    [InlineData("a/b")]
    [InlineData("ä")]
    public async Task A_name_that_is_no_label_is_refused(string name)
    {
        await using var manager = await WithNodeAsync();
        await RefusedAsync(StatusCode.InvalidArgument, () => CreateAsync(manager, name));
    }

    [Fact]
    public async Task Values_out_of_range_are_refused()
    {
        await using var manager = await WithNodeAsync();
        CreateVolumeRequest[] wrong =
        [
            new() { Name = new string('a', 129) },
            new() { Name = "a", ChunkSizeBytes = 100_000 },
            new() { Name = "a", ChunkSizeBytes = 1 << 30 },
            new() { Name = "a", InlineLimitBytes = 1 << 20 },
            new() { Name = "a", QuotaBytes = ulong.MaxValue },
            new() { Name = "a", Durability = (VolumeDurability)7 },
        ];
        foreach (var request in wrong)
            await RefusedAsync(StatusCode.InvalidArgument, () => manager.Client.CreateVolumeAsync(request, ManagerFixture.Cancellation));
        await CreateAsync(manager, new string('a', 128));
    }

    [Fact]
    public async Task Before_there_is_a_map_creating_waits_and_then_says_why_it_cannot()
    {
        await using var manager = await ManagerFixture.StartAsync(options => options with { ExpectedNodes = 2, Clock = TimeProvider.System });
        await manager.RegisterAsync(1);
        var creating = CreateAsync(manager, "early");
        await manager.RegisterAsync(2);
        Assert.Equal("early", (await creating).Name);
    }

    [Fact]
    public async Task Without_nodes_creating_is_refused_with_the_reason()
    {
        await using var manager = await ManagerFixture.StartAsync(options => options with { ExpectedNodes = 2 });
        await manager.RegisterAsync(1);
        var creating = CreateAsync(manager, "early");
        await manager.AdvanceUntilAsync(
            async () =>
            {
                // A call of its own, so that the other one has had the time to arrive.
                await manager.Client.ClusterStatusAsync(ManagerFixture.Cancellation);
                return creating.IsCompleted;
            },
            TimeSpan.FromSeconds(1));
        var refusal = await Assert.ThrowsAsync<ControlException>(() => creating);
        Assert.Equal(StatusCode.Unavailable, refusal.Code);
        Assert.Contains("1 of 2", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_name_is_free_after_deletion_and_an_id_never_again()
    {
        await using var manager = await WithNodeAsync();
        await CreateAsync(manager, "data");
        await RefusedAsync(StatusCode.AlreadyExists, () => CreateAsync(manager, "data"));
        var deleted = await manager.Client.DeleteVolumeAsync("data", cancellation: ManagerFixture.Cancellation);
        Assert.Equal(1u, deleted.Id);
        Assert.Equal(2u, (await CreateAsync(manager, "data")).Id);

        // Nodes are told until they say that they are done; then the volume is gone.
        var told = await manager.HeartbeatAsync(1);
        Assert.Equal([1u], told.PurgeVolumes);
        Assert.Equal([2u], told.Volumes.Select(grant => grant.Volume.Id));
        Assert.Equal(2, (await manager.Client.ListVolumesAsync(includeDeleting: true, ManagerFixture.Cancellation)).Count);
        var done = await manager.HeartbeatAsync(1, request => request.PurgedVolumes.Add([1u, 2u, 77u]));
        Assert.Empty(done.PurgeVolumes);
        Assert.Equal([2u], (await manager.Client.ListVolumesAsync(includeDeleting: true, ManagerFixture.Cancellation)).Select(volume => volume.Id));
    }

    [Fact]
    public async Task A_volume_in_use_is_deleted_only_by_force_and_its_sessions_end()
    {
        await using var manager = await WithNodeAsync();
        await CreateAsync(manager, "data");
        var session = await manager.Client.OpenSessionAsync(new OpenSessionRequest { Volume = "data", ClientName = "mount", Host = "here" }, ManagerFixture.Cancellation);
        var refusal = await RefusedAsync(StatusCode.FailedPrecondition, () => manager.Client.DeleteVolumeAsync("data", cancellation: ManagerFixture.Cancellation));
        Assert.Contains("mount on here", refusal.Message, StringComparison.Ordinal);
        var deleted = await manager.Client.DeleteVolumeAsync("data", force: true, ManagerFixture.Cancellation);
        Assert.Equal(1u, deleted.EndedSessions);
        await RefusedAsync(StatusCode.NotFound, () => manager.Client.RenewSessionAsync(new SessionId(session.SessionId), BearerKey.FromPrivate(session.PrivateKey.Span), ManagerFixture.Cancellation));
    }

    [Fact]
    public async Task Usage_is_the_sum_of_what_nodes_report()
    {
        await using var manager = await ManagerFixture.StartAsync(options => options with { ExpectedNodes = 2 });
        await manager.RegisterAsync(1);
        await manager.RegisterAsync(2);
        await CreateAsync(manager, "data", quotaBytes: 1 << 30);
        await manager.HeartbeatAsync(1, request => request.Volumes.Add(new VolumeReport { VolumeId = 1, UsedBytes = 1000, UsedInodes = 3 }));
        var answer = await manager.HeartbeatAsync(2, request => request.Volumes.Add(new VolumeReport { VolumeId = 1, UsedBytes = 500, UsedInodes = 2 }));
        Assert.Equal((1500ul, 5ul), (answer.Volumes[0].Volume.UsedBytes, answer.Volumes[0].Volume.UsedInodes));
        Assert.InRange(answer.Volumes[0].CeilingBytes, 500ul, 1ul << 30);
        Assert.Equal(ControlLimits.UnlimitedCeiling, answer.Volumes[0].CeilingInodes);
        var shown = await manager.Client.GetVolumeAsync("data", ManagerFixture.Cancellation);
        Assert.Equal((1500ul, 5ul), (shown.UsedBytes, shown.UsedInodes));
    }

    [Fact]
    public async Task A_resize_changes_only_what_it_names()
    {
        await using var manager = await WithNodeAsync();
        await CreateAsync(manager, "data", quotaBytes: 1 << 30);
        var request = new ResizeVolumeRequest { Name = "data", QuotaInodes = 50 };
        var resized = await manager.Client.ResizeVolumeAsync(request, ManagerFixture.Cancellation);
        Assert.Equal((1ul << 30, 50ul), (resized.QuotaBytes, resized.QuotaInodes));
        resized = await manager.Client.ResizeVolumeAsync(new ResizeVolumeRequest { Name = "data", QuotaBytes = 0 }, ManagerFixture.Cancellation);
        Assert.Equal((0ul, 50ul), (resized.QuotaBytes, resized.QuotaInodes));
        await RefusedAsync(StatusCode.NotFound, () => manager.Client.ResizeVolumeAsync(new ResizeVolumeRequest { Name = "none" }, ManagerFixture.Cancellation));
    }

    private static async Task<ManagerFixture> WithNodeAsync()
    {
        var manager = await ManagerFixture.StartAsync();
        await manager.RegisterAsync(1);
        return manager;
    }

    private static Task<VolumeInfo> CreateAsync(ManagerFixture manager, string name, ulong quotaBytes = 0) =>
        manager.Client.CreateVolumeAsync(new CreateVolumeRequest { Name = name, QuotaBytes = quotaBytes }, ManagerFixture.Cancellation);

    private static async Task<ControlException> RefusedAsync(StatusCode code, Func<Task> call)
    {
        var refusal = await Assert.ThrowsAsync<ControlException>(call);
        Assert.Equal(code, refusal.Code);
        return refusal;
    }
}
