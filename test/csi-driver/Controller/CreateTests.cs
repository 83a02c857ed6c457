using Grpc.Core;
using SealFs.Core.Control;
using SealFs.CsiDriver.Protocol;

namespace SealFs.CsiDriver.Tests.Controller;

public sealed class CreateTests(ControllerFixture fixture) : IClassFixture<ControllerFixture>
{
    private const long Gi = 1L << 30;

    private static CreateVolumeRequest Request(string name, long required = 0, long limit = 0)
    {
        var request = new CreateVolumeRequest { Name = name, VolumeCapabilities = { Capability.Mount() } };
        if (required != 0 || limit != 0)
            request.CapacityRange = new CapacityRange { RequiredBytes = required, LimitBytes = limit };
        return request;
    }

    [Fact]
    public async Task A_volume_is_created_with_its_quota_and_the_same_request_gives_the_same_answer()
    {
        var first = (await fixture.Csi.Controller.CreateVolumeAsync(Request("pvc-one", Gi))).Volume;
        Assert.Equal("pvc-one", first.VolumeId);
        Assert.Equal(Gi, first.CapacityBytes);
        Assert.Equal("true", Assert.Single(first.AccessibleTopology).Segments["topology.sealfs.csi.sealfs.io/available"]);
        Assert.Equal(first, (await fixture.Csi.Controller.CreateVolumeAsync(Request("pvc-one", Gi))).Volume);
        using var manager = new ControlClient([fixture.Cluster.ManagerAddress]);
        Assert.Equal((ulong)Gi, (await manager.GetVolumeAsync("pvc-one", TestContext.Current.CancellationToken)).QuotaBytes);
    }

    [Fact]
    public async Task Another_capacity_or_other_parameters_under_the_same_name_are_refused()
    {
        await fixture.Csi.Controller.CreateVolumeAsync(Request("pvc-two", Gi, Gi));
        await CsiSocket.RefusedAsync(StatusCode.AlreadyExists, fixture.Csi.Controller.CreateVolumeAsync(Request("pvc-two", 2 * Gi, 2 * Gi)));
        var other = Request("pvc-two", Gi);
        other.Parameters.Add("durability", "sync");
        await CsiSocket.RefusedAsync(StatusCode.AlreadyExists, fixture.Csi.Controller.CreateVolumeAsync(other));
    }

    [Fact]
    public async Task Parameters_of_the_storage_class_reach_the_volume()
    {
        var request = Request("pvc-parameters", Gi);
        request.Parameters.Add("inodes", "1000");
        request.Parameters.Add("chunkSize", "65536");
        request.Parameters.Add("inlineLimit", "4096");
        request.Parameters.Add("durability", "sync");
        request.Parameters.Add("csi.storage.k8s.io/pvc/name", "claim");
        await fixture.Csi.Controller.CreateVolumeAsync(request);
        using var manager = new ControlClient([fixture.Cluster.ManagerAddress]);
        var volume = await manager.GetVolumeAsync("pvc-parameters", TestContext.Current.CancellationToken);
        Assert.Equal((1000UL, 65536UL, 4096UL, Core.Control.V1.VolumeDurability.Sync), (volume.QuotaInodes, volume.ChunkSizeBytes, volume.InlineLimitBytes, volume.Durability));
    }

    [Theory]
    [InlineData("inodes", "many")]
    [InlineData("durability", "perhaps")]
    [InlineData("chunkSize", "65537")]
    [InlineData("colour", "red")]
    public async Task Wrong_parameters_are_refused(string name, string value)
    {
        var request = Request("pvc-wrong-parameter");
        request.Parameters.Add(name, value);
        await CsiSocket.RefusedAsync(StatusCode.InvalidArgument, fixture.Csi.Controller.CreateVolumeAsync(request));
    }

    [Fact]
    public async Task A_volume_of_another_cluster_has_its_manager_in_the_handle()
    {
        var request = Request("pvc-elsewhere");
        request.Parameters.Add("manager", fixture.Cluster.ManagerAddress);
        var id = (await fixture.Csi.Controller.CreateVolumeAsync(request)).Volume.VolumeId;
        Assert.Equal($"{fixture.Cluster.ManagerAddress}/pvc-elsewhere", id);
        Assert.Equal(id, (await fixture.Csi.Controller.ControllerGetVolumeAsync(new ControllerGetVolumeRequest { VolumeId = id })).Volume.VolumeId);
        await fixture.Csi.Controller.DeleteVolumeAsync(new DeleteVolumeRequest { VolumeId = id });
        await CsiSocket.RefusedAsync(StatusCode.NotFound, fixture.Csi.Controller.ControllerGetVolumeAsync(new ControllerGetVolumeRequest { VolumeId = id }));
    }

    [Fact]
    public async Task Missing_and_wrong_arguments_are_refused()
    {
        await RefusedAsync(Request(""));
        await RefusedAsync(Request(new string('a', 129)));
        await RefusedAsync(Request("a\u0001b"));
        await RefusedAsync(new CreateVolumeRequest { Name = "pvc-no-capability" });
        await RefusedAsync(new CreateVolumeRequest { Name = "pvc-block", VolumeCapabilities = { Capability.Mount(), Capability.Block() } });
        await RefusedAsync(new CreateVolumeRequest { Name = "pvc-empty", VolumeCapabilities = { new VolumeCapability() } });
        await RefusedAsync(Request("pvc-negative", -1));
        await RefusedAsync(Request("pvc-crossed", 2 * Gi, Gi));
        await CsiSocket.RefusedAsync(StatusCode.OutOfRange, fixture.Csi.Controller.CreateVolumeAsync(Request("pvc-huge", long.MaxValue)));
        var source = Request("pvc-source");
        source.VolumeContentSource = new VolumeContentSource { Volume = new() { VolumeId = "pvc-one" } };
        await RefusedAsync(source);
        var mutable = Request("pvc-mutable");
        mutable.MutableParameters.Add("iops", "1");
        await RefusedAsync(mutable);

        async Task RefusedAsync(CreateVolumeRequest request) =>
            await CsiSocket.RefusedAsync(StatusCode.InvalidArgument, fixture.Csi.Controller.CreateVolumeAsync(request));
    }

    [Fact]
    public async Task Any_name_of_the_interface_works_and_different_names_are_different_volumes()
    {
        string[] names = [new string('a', 128), new string('A', 128), "Pvc", "x--pvc", "mit Leerzeichen", "ж" + new string('ж', 60), "a_b", "a--b", "-a"];
        var ids = new HashSet<string>();
        foreach (var name in names)
        {
            var id = (await fixture.Csi.Controller.CreateVolumeAsync(Request(name))).Volume.VolumeId;
            Assert.InRange(id.Length, 1, 128);
            Assert.True(ids.Add(id), name);
            Assert.Equal(id, (await fixture.Csi.Controller.CreateVolumeAsync(Request(name))).Volume.VolumeId);
            await fixture.Csi.Controller.DeleteVolumeAsync(new DeleteVolumeRequest { VolumeId = id });
        }
    }

    [Fact]
    public async Task Secrets_and_mount_flags_never_reach_the_log()
    {
        var request = Request("pvc-secret", Gi);
        request.Secrets.Add("password", "correct-horse-battery");
        await fixture.Csi.Controller.CreateVolumeAsync(request);
        request.Name = "pvc-secret-refused";
        request.VolumeCapabilities[0] = Capability.Mount(flags: "token=staple-of-the-kingdom");
        var reason = await CsiSocket.RefusedAsync(StatusCode.InvalidArgument, fixture.Csi.Controller.CreateVolumeAsync(request));
        Assert.Contains("'token'", reason, StringComparison.Ordinal);
        Assert.Contains("CreateVolume", fixture.Log.Text, StringComparison.Ordinal);
        Assert.DoesNotContain("correct-horse", fixture.Log.Text, StringComparison.Ordinal);
        Assert.DoesNotContain("staple", reason + fixture.Log.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Of_many_requests_for_one_volume_at_once_each_gets_the_volume_or_is_told_to_come_again()
    {
        var outcomes = await Task.WhenAll(Enumerable.Range(0, 20).Select(async _ =>
        {
            try
            {
                return (await fixture.Csi.Controller.CreateVolumeAsync(Request("pvc-crowd", Gi))).Volume.VolumeId;
            }
            catch (RpcException refusal) when (refusal.StatusCode == StatusCode.Aborted)
            {
                return "";
            }
        }));
        Assert.Contains("pvc-crowd", outcomes);
        Assert.All(outcomes, outcome => Assert.True(outcome is "" or "pvc-crowd"));
    }
}
