using Grpc.Core;
using SealFs.CsiDriver.Node;
using SealFs.CsiDriver.Protocol;
using Mode = SealFs.CsiDriver.Protocol.VolumeCapability.Types.AccessMode.Types.Mode;

namespace SealFs.CsiDriver.Tests.Node;

public sealed class MountTests(NodeMachine machine) : IClassFixture<NodeMachine>
{
    [Fact]
    public async Task A_volume_is_staged_published_used_and_taken_away_again()
    {
        var volume = await machine.CreateVolumeAsync("whole-way");
        var staging = await machine.StageAsync(volume);
        Assert.True(MountEntry.At(staging)!.IsSealFs);
        var first = await machine.PublishAsync(volume, staging);
        var second = await machine.PublishAsync(volume, staging);
        await File.WriteAllTextAsync(Path.Combine(first, "file"), "content", TestContext.Current.CancellationToken);
        Assert.Equal("content", await File.ReadAllTextAsync(Path.Combine(second, "file"), TestContext.Current.CancellationToken));
        await machine.UnpublishAsync(volume, first);
        await machine.UnpublishAsync(volume, second);
        Assert.False(Path.Exists(first));
        await machine.UnstageAsync(volume, staging);
        Assert.Null(MountEntry.At(staging));
        Assert.Equal(0U, await machine.SessionsAsync(volume));

        // What was written is there when it is staged again.
        await machine.StageAsync(volume, path: staging);
        Assert.Equal("content", await File.ReadAllTextAsync(Path.Combine(staging, "file"), TestContext.Current.CancellationToken));
        await machine.UnstageAsync(volume, staging);
    }

    [Fact]
    public async Task Every_call_can_be_made_twice()
    {
        var volume = await machine.CreateVolumeAsync("twice");
        var staging = await machine.StageAsync(volume);
        await machine.StageAsync(volume, path: staging);
        var target = await machine.PublishAsync(volume, staging);
        await machine.PublishAsync(volume, staging, path: target);
        Assert.Single(MountEntry.ReadAll(), entry => entry.Path == target);
        await machine.UnpublishAsync(volume, target);
        await machine.UnpublishAsync(volume, target);
        await machine.UnstageAsync(volume, staging);
        await machine.UnstageAsync(volume, staging);
    }

    [Fact]
    public async Task A_read_only_publication_is_read_only_and_no_other_can_take_its_place()
    {
        var volume = await machine.CreateVolumeAsync("readers");
        var staging = await machine.StageAsync(volume);
        var target = await machine.PublishAsync(volume, staging, readOnly: true);
        Assert.Throws<IOException>(() => File.WriteAllText(Path.Combine(target, "file"), ""));
        await CsiSocket.RefusedAsync(StatusCode.AlreadyExists, machine.Csi.Node.NodePublishVolumeAsync(NodeMachine.PublishRequest(volume, staging, target)));
        await machine.UnpublishAsync(volume, target);
        await machine.UnstageAsync(volume, staging);

        var readers = await machine.StageAsync(volume, Capability.Mount(Mode.MultiNodeReaderOnly));
        Assert.Throws<IOException>(() => File.WriteAllText(Path.Combine(readers, "file"), ""));
        await CsiSocket.RefusedAsync(StatusCode.AlreadyExists, machine.Csi.Node.NodeStageVolumeAsync(
            new() { VolumeId = volume, StagingTargetPath = readers, VolumeCapability = Capability.Mount() }));
        await machine.UnstageAsync(volume, readers);
    }

    [Fact]
    public async Task A_volume_for_one_pod_is_published_once()
    {
        var volume = await machine.CreateVolumeAsync("one-pod");
        var capability = Capability.Mount(Mode.SingleNodeSingleWriter);
        var staging = await machine.StageAsync(volume, capability);
        var target = await machine.PublishAsync(volume, staging, capability);
        await machine.PublishAsync(volume, staging, capability, path: target);
        var reason = await CsiSocket.RefusedAsync(
            StatusCode.FailedPrecondition, machine.Csi.Node.NodePublishVolumeAsync(NodeMachine.PublishRequest(volume, staging, machine.NewPath(), capability)));
        Assert.Contains("ReadWriteOncePod", reason, StringComparison.Ordinal);
        await machine.UnpublishAsync(volume, target);
        target = await machine.PublishAsync(volume, staging, capability);
        await machine.UnpublishAsync(volume, target);
        await machine.UnstageAsync(volume, staging);
    }

    [Fact]
    public async Task Nothing_is_removed_with_what_is_in_it()
    {
        var volume = await machine.CreateVolumeAsync("careful");
        var target = machine.NewPath(make: true);
        await File.WriteAllTextAsync(Path.Combine(target, "precious"), "", TestContext.Current.CancellationToken);
        await CsiSocket.RefusedAsync(StatusCode.Internal, machine.Csi.Node.NodeUnpublishVolumeAsync(new() { VolumeId = volume, TargetPath = target }));
        Assert.True(File.Exists(Path.Combine(target, "precious")));
    }

    [Fact]
    public async Task A_volume_in_use_is_not_taken_away()
    {
        var volume = await machine.CreateVolumeAsync("busy");
        var staging = await machine.StageAsync(volume);
        var target = await machine.PublishAsync(volume, staging);
        await using (File.Create(Path.Combine(target, "open")))
            await CsiSocket.RefusedAsync(StatusCode.FailedPrecondition, machine.Csi.Node.NodeUnpublishVolumeAsync(new() { VolumeId = volume, TargetPath = target }));
        await machine.UnpublishAsync(volume, target);
        await machine.UnstageAsync(volume, staging);
    }

    [Fact]
    public async Task Wrong_arguments_are_refused_before_anything_is_looked_up()
    {
        var node = machine.Csi.Node;
        var path = machine.NewPath(make: true);
        var capability = Capability.Mount();
        await InvalidAsync(node.NodeStageVolumeAsync(new() { StagingTargetPath = path, VolumeCapability = capability }));
        await InvalidAsync(node.NodeStageVolumeAsync(new() { VolumeId = "a", VolumeCapability = capability }));
        await InvalidAsync(node.NodeStageVolumeAsync(new() { VolumeId = "a", StagingTargetPath = path }));
        await InvalidAsync(node.NodeStageVolumeAsync(new() { VolumeId = "a", StagingTargetPath = path, VolumeCapability = Capability.Block() }));
        await InvalidAsync(node.NodeStageVolumeAsync(new() { VolumeId = "a", StagingTargetPath = new string('/', 5000), VolumeCapability = capability }));
        await InvalidAsync(node.NodeStageVolumeAsync(new() { VolumeId = "a", StagingTargetPath = path, VolumeCapability = Capability.Mount(group: "wheel") }));
        await InvalidAsync(node.NodeStageVolumeAsync(new() { VolumeId = "a", StagingTargetPath = path, VolumeCapability = Capability.Mount(flags: "write_buffer=1T") }));
        await InvalidAsync(node.NodeUnstageVolumeAsync(new() { StagingTargetPath = path }));
        await InvalidAsync(node.NodeUnstageVolumeAsync(new() { VolumeId = "a" }));
        await InvalidAsync(node.NodePublishVolumeAsync(new() { TargetPath = path, VolumeCapability = capability }));
        await InvalidAsync(node.NodePublishVolumeAsync(new() { VolumeId = "a", VolumeCapability = capability }));
        await InvalidAsync(node.NodePublishVolumeAsync(new() { VolumeId = "a", TargetPath = path }));
        await InvalidAsync(node.NodeUnpublishVolumeAsync(new() { TargetPath = path }));
        await InvalidAsync(node.NodeUnpublishVolumeAsync(new() { VolumeId = "a" }));
        await InvalidAsync(node.NodeGetVolumeStatsAsync(new() { VolumePath = path }));
        await InvalidAsync(node.NodeGetVolumeStatsAsync(new() { VolumeId = "a" }));
        await InvalidAsync(node.NodeExpandVolumeAsync(new() { VolumePath = path }));
        await InvalidAsync(node.NodeExpandVolumeAsync(new() { VolumeId = "a" }));
        await CsiSocket.RefusedAsync(StatusCode.FailedPrecondition, node.NodePublishVolumeAsync(new() { VolumeId = "a", TargetPath = path, VolumeCapability = capability }));
        await CsiSocket.RefusedAsync(StatusCode.FailedPrecondition, node.NodePublishVolumeAsync(NodeMachine.PublishRequest("a", path, machine.NewPath())));
        await CsiSocket.RefusedAsync(StatusCode.NotFound, node.NodeStageVolumeAsync(new() { VolumeId = "nobody", StagingTargetPath = path, VolumeCapability = capability }));
        await CsiSocket.RefusedAsync(StatusCode.NotFound, node.NodeStageVolumeAsync(new() { VolumeId = "No Name", StagingTargetPath = path, VolumeCapability = capability }));
        await CsiSocket.RefusedAsync(StatusCode.NotFound, node.NodeGetVolumeStatsAsync(new() { VolumeId = "a", VolumePath = "some/path" }));
        await CsiSocket.RefusedAsync(StatusCode.NotFound, node.NodeExpandVolumeAsync(new() { VolumeId = "a", VolumePath = path }));

        async Task InvalidAsync<T>(AsyncUnaryCall<T> call) => await CsiSocket.RefusedAsync(StatusCode.InvalidArgument, call);
    }

    [Fact]
    public async Task Statistics_are_the_quotas_and_follow_an_expansion()
    {
        var volume = await machine.CreateVolumeAsync("measured", 64 << 20);
        var staging = await machine.StageAsync(volume);
        var target = await machine.PublishAsync(volume, staging);
        await File.WriteAllBytesAsync(Path.Combine(target, "file"), new byte[1 << 20], TestContext.Current.CancellationToken);
        var usage = (await machine.Csi.Node.NodeGetVolumeStatsAsync(new() { VolumeId = volume, VolumePath = target })).Usage;
        var bytes = Assert.Single(usage, one => one.Unit == VolumeUsage.Types.Unit.Bytes);
        Assert.Equal(64 << 20, bytes.Total);
        Assert.Equal(bytes.Total, bytes.Used + bytes.Available);
        Assert.True(Assert.Single(usage, one => one.Unit == VolumeUsage.Types.Unit.Inodes).Total > 0);

        await machine.Csi.Controller.ControllerExpandVolumeAsync(new() { VolumeId = volume, CapacityRange = new() { RequiredBytes = 128 << 20 } });
        long total = 0;
        await Waiting.UntilAsync("the mount sees the new quota", () =>
            (total = machine.Csi.Node.NodeExpandVolume(new() { VolumeId = volume, VolumePath = target, CapacityRange = new() { RequiredBytes = 128 << 20 } }).CapacityBytes) > 64 << 20);
        Assert.Equal(128 << 20, total);
        await machine.UnpublishAsync(volume, target);
        await CsiSocket.RefusedAsync(StatusCode.NotFound, machine.Csi.Node.NodeGetVolumeStatsAsync(new() { VolumeId = volume, VolumePath = target }));
        await machine.UnstageAsync(volume, staging);
    }

    [Fact]
    public async Task The_machine_says_who_it_is()
    {
        var info = await machine.Csi.Node.NodeGetInfoAsync(new());
        Assert.Equal("machine-1", info.NodeId);
        Assert.Equal("z1", info.AccessibleTopology.Segments["topology.sealfs.csi.sealfs.io/zone"]);
        Assert.Equal(6, (await machine.Csi.Node.NodeGetCapabilitiesAsync(new())).Capabilities.Count);
    }

    [Fact]
    public async Task A_kubelet_can_register_the_plugin()
    {
        using var kubelet = new CsiSocket(Path.Combine(machine.RegistrationDirectory, "sealfs.csi.sealfs.io-reg.sock"));
        var info = await kubelet.Registration.GetInfoAsync(new());
        Assert.Equal(("CSIPlugin", "sealfs.csi.sealfs.io", "/kubelet/csi.sock"), (info.Type, info.Name, info.Endpoint));
        Assert.Equal("1.0.0", Assert.Single(info.SupportedVersions));
        await kubelet.Registration.NotifyRegistrationStatusAsync(new() { PluginRegistered = true });
    }

    [Fact]
    public async Task A_volume_used_by_many_at_once_settles()
    {
        var volume = await machine.CreateVolumeAsync("crowded");
        var staging = machine.NewPath(make: true);
        await CrowdAsync(() => machine.StageAsync(volume, path: staging));
        Assert.Single(MountEntry.ReadAll(), entry => entry.Path == staging);
        var target = machine.NewPath();
        await CrowdAsync(() => machine.PublishAsync(volume, staging, path: target));
        Assert.Single(MountEntry.ReadAll(), entry => entry.Path == target);
        await CrowdAsync(() => machine.UnpublishAsync(volume, target));
        await CrowdAsync(() => machine.UnstageAsync(volume, staging));
        Assert.DoesNotContain(MountEntry.ReadAll(), entry => entry.Path == target || entry.Path == staging);

        static Task CrowdAsync(Func<Task> call) => Task.WhenAll(Enumerable.Range(0, 8).Select(async _ =>
        {
            while (true)
            {
                try
                {
                    await call();
                    return;
                }
                catch (RpcException refusal) when (refusal.StatusCode == StatusCode.Aborted)
                {
                    // Another one's turn.
                }
            }
        }));
    }
}
