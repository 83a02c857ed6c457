using Grpc.Core;
using SealFs.CsiDriver.Protocol;

namespace SealFs.CsiDriver.Tests.Controller;

/// <summary>What becomes of volumes that are there: delete, expand, list, get, validate, capacity.</summary>
public sealed class VolumeTests(ControllerFixture fixture) : IClassFixture<ControllerFixture>
{
    private const long Gi = 1L << 30;

    [Fact]
    public async Task Deleting_is_idempotent_and_needs_an_id()
    {
        var id = await CreateAsync("gone");
        await fixture.Csi.Controller.DeleteVolumeAsync(new DeleteVolumeRequest { VolumeId = id });
        await fixture.Csi.Controller.DeleteVolumeAsync(new DeleteVolumeRequest { VolumeId = id });
        await fixture.Csi.Controller.DeleteVolumeAsync(new DeleteVolumeRequest { VolumeId = "No Such/Volume" });
        await fixture.Csi.Controller.DeleteVolumeAsync(new DeleteVolumeRequest { VolumeId = new string('z', 300) });
        await CsiSocket.RefusedAsync(StatusCode.InvalidArgument, fixture.Csi.Controller.DeleteVolumeAsync(new DeleteVolumeRequest()));
    }

    [Fact]
    public async Task A_volume_in_use_is_not_deleted()
    {
        var id = await CreateAsync("in-use");
        await using (await fixture.Cluster.MountAsync(options => options with { Volume = id }))
        {
            var reason = await CsiSocket.RefusedAsync(StatusCode.FailedPrecondition, fixture.Csi.Controller.DeleteVolumeAsync(new DeleteVolumeRequest { VolumeId = id }));
            Assert.Contains("in use", reason, StringComparison.Ordinal);
        }
        await fixture.Csi.Controller.DeleteVolumeAsync(new DeleteVolumeRequest { VolumeId = id });
    }

    [Fact]
    public async Task A_volume_grows_and_never_shrinks()
    {
        var id = await CreateAsync("grows");
        Assert.Equal(3 * Gi, (await ExpandAsync(id, 3 * Gi)).CapacityBytes);
        var again = await ExpandAsync(id, 2 * Gi);
        Assert.Equal(3 * Gi, again.CapacityBytes);
        Assert.False(again.NodeExpansionRequired);
        await CsiSocket.RefusedAsync(StatusCode.OutOfRange, Expand(id, new CapacityRange { RequiredBytes = Gi, LimitBytes = Gi }));
        await CsiSocket.RefusedAsync(StatusCode.OutOfRange, Expand(id, new CapacityRange { RequiredBytes = long.MaxValue }));
        await CsiSocket.RefusedAsync(StatusCode.InvalidArgument, Expand("", new CapacityRange { RequiredBytes = Gi }));
        await CsiSocket.RefusedAsync(StatusCode.InvalidArgument, Expand(id, null));
        await CsiSocket.RefusedAsync(StatusCode.NotFound, Expand("nobody", new CapacityRange { RequiredBytes = Gi }));
    }

    [Fact]
    public async Task Volumes_are_listed_in_pages_that_survive_changes()
    {
        for (var i = 0; i < 5; i++)
            await CreateAsync($"page-{i}");
        var first = await fixture.Csi.Controller.ListVolumesAsync(new ListVolumesRequest { MaxEntries = 3 });
        Assert.Equal(3, first.Entries.Count);
        Assert.All(first.Entries, entry => Assert.False(entry.Status.VolumeCondition.Abnormal));
        await fixture.Csi.Controller.DeleteVolumeAsync(new DeleteVolumeRequest { VolumeId = first.Entries[2].Volume.VolumeId });
        await CreateAsync("page-late");
        var ids = first.Entries.Select(entry => entry.Volume.VolumeId).ToList();
        for (var token = first.NextToken; token.Length > 0;)
        {
            var next = await fixture.Csi.Controller.ListVolumesAsync(new ListVolumesRequest { MaxEntries = 2, StartingToken = token });
            ids.AddRange(next.Entries.Select(entry => entry.Volume.VolumeId));
            token = next.NextToken;
        }
        Assert.Equal(ids.Count, ids.Distinct().Count());
        Assert.Contains("page-late", ids);
        await CsiSocket.RefusedAsync(StatusCode.Aborted, fixture.Csi.Controller.ListVolumesAsync(new ListVolumesRequest { StartingToken = "invalid-token" }));
        await CsiSocket.RefusedAsync(StatusCode.InvalidArgument, fixture.Csi.Controller.ListVolumesAsync(new ListVolumesRequest { MaxEntries = -1 }));
    }

    [Fact]
    public async Task A_volume_is_described_with_its_condition()
    {
        var id = await CreateAsync("described");
        var answer = await fixture.Csi.Controller.ControllerGetVolumeAsync(new ControllerGetVolumeRequest { VolumeId = id });
        Assert.Equal(Gi, answer.Volume.CapacityBytes);
        Assert.False(answer.Status.VolumeCondition.Abnormal);
        Assert.NotEmpty(answer.Status.VolumeCondition.Message);
        await CsiSocket.RefusedAsync(StatusCode.NotFound, fixture.Csi.Controller.ControllerGetVolumeAsync(new ControllerGetVolumeRequest { VolumeId = "nobody" }));
        await CsiSocket.RefusedAsync(StatusCode.InvalidArgument, fixture.Csi.Controller.ControllerGetVolumeAsync(new ControllerGetVolumeRequest()));
    }

    [Fact]
    public async Task Capabilities_are_confirmed_or_refused_with_a_reason()
    {
        var id = await CreateAsync("validated");
        var good = await ValidateAsync(id, Capability.Mount());
        Assert.Equal(Capability.Mount(), Assert.Single(good.Confirmed.VolumeCapabilities));
        var bad = await ValidateAsync(id, Capability.Block());
        Assert.Null(bad.Confirmed);
        Assert.Contains("block", bad.Message, StringComparison.Ordinal);
        await CsiSocket.RefusedAsync(StatusCode.InvalidArgument, fixture.Csi.Controller.ValidateVolumeCapabilitiesAsync(new() { VolumeId = id }));
        await CsiSocket.RefusedAsync(StatusCode.InvalidArgument, fixture.Csi.Controller.ValidateVolumeCapabilitiesAsync(new() { VolumeCapabilities = { Capability.Mount() } }));
        await CsiSocket.RefusedAsync(StatusCode.NotFound, fixture.Csi.Controller.ValidateVolumeCapabilitiesAsync(
            new() { VolumeId = "nobody", VolumeCapabilities = { Capability.Mount() } }));
    }

    [Fact]
    public async Task Capacity_is_what_the_nodes_have_free()
    {
        var answer = await fixture.Csi.Controller.GetCapacityAsync(new GetCapacityRequest());
        Assert.True(answer.AvailableCapacity > 0);
        var elsewhere = new Topology { Segments = { ["topology.example.com/zone"] = "a" } };
        Assert.Equal(0, (await fixture.Csi.Controller.GetCapacityAsync(new GetCapacityRequest { AccessibleTopology = elsewhere })).AvailableCapacity);
    }

    [Fact]
    public async Task What_is_not_advertised_is_not_served()
    {
        var capabilities = (await fixture.Csi.Controller.ControllerGetCapabilitiesAsync(new ControllerGetCapabilitiesRequest())).Capabilities;
        Assert.Equal(7, capabilities.Count);
        await CsiSocket.RefusedAsync(StatusCode.Unimplemented, fixture.Csi.Node.NodeGetInfoAsync(new NodeGetInfoRequest()));
    }

    private async Task<string> CreateAsync(string name) => (await fixture.Csi.Controller.CreateVolumeAsync(
        new CreateVolumeRequest { Name = name, VolumeCapabilities = { Capability.Mount() }, CapacityRange = new() { RequiredBytes = Gi } })).Volume.VolumeId;

    private AsyncUnaryCall<ControllerExpandVolumeResponse> Expand(string id, CapacityRange? range) =>
        fixture.Csi.Controller.ControllerExpandVolumeAsync(new ControllerExpandVolumeRequest { VolumeId = id, CapacityRange = range });

    private async Task<ControllerExpandVolumeResponse> ExpandAsync(string id, long bytes) => await Expand(id, new CapacityRange { RequiredBytes = bytes });

    private async Task<ValidateVolumeCapabilitiesResponse> ValidateAsync(string id, VolumeCapability capability) =>
        await fixture.Csi.Controller.ValidateVolumeCapabilitiesAsync(new() { VolumeId = id, VolumeCapabilities = { capability } });
}
