using System.Net.Sockets;
using Microsoft.Extensions.Logging.Abstractions;
using SealFs.Client.Mountd;
using SealFs.Client.Mountd.V1;
using SealFs.CsiDriver.Node;

namespace SealFs.CsiDriver.Tests.Node;

/// <summary>The rest of what can die, on the kernel of this Machine.</summary>
public sealed class SurvivalTests(NodeMachine machine, ITestOutputHelper output) : DeathTests(machine, output), IClassFixture<NodeMachine>
{
    [Fact]
    public Task The_plugin_is_killed() => UnderLoadAsync("plugin-killed", async () =>
    {
        await Machine.Plugin.KillAsync();
        await Machine.StartPluginAsync();
    });

    [Fact]
    public Task The_plugin_is_killed_and_then_mountd() => UnderLoadAsync("plugin-then-mountd", async () =>
    {
        await Machine.Plugin.KillAsync();
        await Machine.StartPluginAsync();
        await Waiting.UntilAsync("the plugin keeps the mount again", () => IsDeposited());
        await Machine.Mountd.KillAsync();
        await Machine.StartMountdAsync();
    });

    [Fact]
    public Task A_relieved_mountd_steps_in_when_its_successor_dies() => UnderLoadAsync("mountd-standby", async () =>
    {
        var old = Machine.Mountd;
        var successor = await Machine.StartMountdAsync();
        var before = old.Log.Split("Serving on").Length;
        await successor.KillAsync();
        await Waiting.UntilAsync("the old mountd is active again", () => old.Log.Split("Serving on").Length > before);
        Machine.UseMountd(old);
    });

    [Fact]
    public Task A_successor_dies_while_it_takes_over() => UnderLoadAsync("take-over-fails", async () =>
    {
        using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        socket.Connect(new UnixDomainSocketEndPoint(Machine.MountdSocket));
        var asked = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var never = new TaskCompletionSource<Envelope>();
        using var successor = new MountdConnection(socket, (_, _) =>
        {
            asked.TrySetResult();
            return never.Task;
        }, NullLogger.Instance);
        successor.Start();
        await successor.CallAsync(new Envelope { Hello = new Hello { Version = 1, Role = Role.Successor, Name = "successor" } }, TimeSpan.FromSeconds(30));
        await successor.CallAsync(new Envelope { TakeOver = new TakeOver() }, TimeSpan.FromSeconds(30));
        await asked.Task.WaitAsync(TimeSpan.FromSeconds(60));
    });

    [Fact]
    public async Task A_mount_without_a_mountd_does_not_wait_for_ever()
    {
        var volume = await Machine.CreateVolumeAsync("orphaned");
        var staging = await Machine.StageAsync(volume);
        await using (var impatient = new MountdClient(Machine.MountdSocket, TimeSpan.FromSeconds(1), NullLoggerFactory.Instance))
        {
            await Waiting.UntilAsync("it keeps the mount", () => impatient.Deposits > 0);
            await Machine.Mountd.KillAsync();
            await Waiting.UntilAsync("it gives the mount up", () => impatient.Deposits == 0);
        }
        Assert.Equal(MountHealth.Dead, await MountProbe.AskAsync(staging));
        await Machine.StartMountdAsync();
        await Machine.UnstageAsync(volume, staging);
        Assert.Null(MountEntry.At(staging));
    }

    [Fact]
    public async Task When_all_who_keep_a_mount_are_gone_the_next_stage_mounts_again()
    {
        var volume = await Machine.CreateVolumeAsync("all-gone");
        var staging = await Machine.StageAsync(volume);
        var target = await Machine.PublishAsync(volume, staging);
        await File.WriteAllTextAsync(Path.Combine(target, "file"), "content", TestContext.Current.CancellationToken);
        await Machine.Plugin.KillAsync();
        await Machine.Mountd.KillAsync();
        await Machine.StartMountdAsync();
        await Machine.StartPluginAsync();
        var stats = await Machine.Csi.Node.NodeGetVolumeStatsAsync(new() { VolumeId = volume, VolumePath = target });
        Assert.True(stats.VolumeCondition.Abnormal, stats.VolumeCondition.Message);
        await Machine.StageAsync(volume, path: staging);
        await Machine.PublishAsync(volume, staging, path: target);
        Assert.Equal("content", await File.ReadAllTextAsync(Path.Combine(target, "file"), TestContext.Current.CancellationToken));
        await Machine.UnpublishAsync(volume, target);
        await Machine.UnstageAsync(volume, staging);
    }

    private bool IsDeposited() => Machine.Plugin.Log.Contains("Connected with", StringComparison.Ordinal) && Machine.PluginKeepsDescriptors();
}
