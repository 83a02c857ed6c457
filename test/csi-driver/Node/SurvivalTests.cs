using System.Net.Sockets;
using Microsoft.Extensions.Logging.Abstractions;
using SealFs.Client.Mountd;
using SealFs.Client.Mountd.V1;
using SealFs.CsiDriver.Node;

namespace SealFs.CsiDriver.Tests.Node;

/// <summary>Each process dies or is replaced under an application that writes. It sees a pause, no error, and finds everything that it wrote.</summary>
public sealed class SurvivalTests(NodeMachine machine, ITestOutputHelper output) : IClassFixture<NodeMachine>
{
    private const int Rounds = 40;

    [Fact]
    public Task Mountd_is_killed() => UnderLoadAsync("mountd-killed", async () =>
    {
        await machine.Mountd.KillAsync();
        await machine.StartMountdAsync();
    });

    [Fact]
    public Task A_worker_is_killed() => UnderLoadAsync("worker-killed", () =>
    {
        foreach (var worker in machine.Mountd.Children())
            SealFsProcess.Kill(worker);
        return Task.CompletedTask;
    });

    [Fact]
    public Task The_plugin_is_killed() => UnderLoadAsync("plugin-killed", async () =>
    {
        await machine.Plugin.KillAsync();
        await machine.StartPluginAsync();
    });

    [Fact]
    public Task The_plugin_is_killed_and_then_mountd() => UnderLoadAsync("plugin-then-mountd", async () =>
    {
        await machine.Plugin.KillAsync();
        await machine.StartPluginAsync();
        await Waiting.UntilAsync("the plugin keeps the mount again", () => IsDeposited());
        await machine.Mountd.KillAsync();
        await machine.StartMountdAsync();
    });

    [Fact]
    public Task Mountd_is_upgraded() => UnderLoadAsync("mountd-upgraded", async () =>
    {
        var old = machine.Mountd;
        await machine.StartMountdAsync();
        Assert.Contains("were handed over", old.Log, StringComparison.Ordinal);
        Assert.Equal(0, await old.StopAsync());
    });

    [Fact]
    public Task Mountd_is_stopped_and_started_later() => UnderLoadAsync("mountd-restarted", async () =>
    {
        Assert.Equal(0, await machine.Mountd.StopAsync());
        await machine.StartMountdAsync();
    });

    [Fact]
    public Task A_relieved_mountd_steps_in_when_its_successor_dies() => UnderLoadAsync("mountd-standby", async () =>
    {
        var old = machine.Mountd;
        var successor = await machine.StartMountdAsync();
        var before = old.Log.Split("Serving on").Length;
        await successor.KillAsync();
        await Waiting.UntilAsync("the old mountd is active again", () => old.Log.Split("Serving on").Length > before);
        machine.UseMountd(old);
    });

    [Fact]
    public Task A_successor_dies_while_it_takes_over() => UnderLoadAsync("take-over-fails", async () =>
    {
        using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        socket.Connect(new UnixDomainSocketEndPoint(machine.MountdSocket));
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
        var volume = await machine.CreateVolumeAsync("orphaned");
        var staging = await machine.StageAsync(volume);
        await using (var impatient = new MountdClient(machine.MountdSocket, TimeSpan.FromSeconds(1), NullLoggerFactory.Instance))
        {
            await Waiting.UntilAsync("it keeps the mount", () => impatient.Deposits > 0);
            await machine.Mountd.KillAsync();
            await Waiting.UntilAsync("it gives the mount up", () => impatient.Deposits == 0);
        }
        Assert.Equal(MountHealth.Dead, await MountProbe.AskAsync(staging));
        await machine.StartMountdAsync();
        await machine.UnstageAsync(volume, staging);
        Assert.Null(MountEntry.At(staging));
    }

    [Fact]
    public async Task When_all_who_keep_a_mount_are_gone_the_next_stage_mounts_again()
    {
        var volume = await machine.CreateVolumeAsync("all-gone");
        var staging = await machine.StageAsync(volume);
        var target = await machine.PublishAsync(volume, staging);
        await File.WriteAllTextAsync(Path.Combine(target, "file"), "content", TestContext.Current.CancellationToken);
        await machine.Plugin.KillAsync();
        await machine.Mountd.KillAsync();
        await machine.StartMountdAsync();
        await machine.StartPluginAsync();
        var stats = await machine.Csi.Node.NodeGetVolumeStatsAsync(new() { VolumeId = volume, VolumePath = target });
        Assert.True(stats.VolumeCondition.Abnormal, stats.VolumeCondition.Message);
        await machine.StageAsync(volume, path: staging);
        await machine.PublishAsync(volume, staging, path: target);
        Assert.Equal("content", await File.ReadAllTextAsync(Path.Combine(target, "file"), TestContext.Current.CancellationToken));
        await machine.UnpublishAsync(volume, target);
        await machine.UnstageAsync(volume, staging);
    }

    private bool IsDeposited() => machine.Plugin.Log.Contains("Connected with", StringComparison.Ordinal) && machine.PluginKeepsDescriptors();

    private async Task UnderLoadAsync(string name, Func<Task> disaster)
    {
        var volume = await machine.CreateVolumeAsync(name);
        var staging = await machine.StageAsync(volume);
        var target = await machine.PublishAsync(volume, staging);
        await using var load = new LoadProcess(target);
        await load.AdvanceAsync(Rounds);
        for (var time = 0; time < 3; time++)
        {
            await disaster();
            await load.AdvanceAsync(Rounds);
        }
        var rounds = load.Rounds;
        var longest = await load.FinishAsync();
        output.WriteLine($"{name}: {rounds} rounds, longest call {longest.TotalMilliseconds:F0} ms");
        await machine.UnpublishAsync(volume, target);
        await machine.UnstageAsync(volume, staging);
        Assert.DoesNotContain(MountEntry.ReadAll(), entry => entry.Source == volume);
        Assert.Equal(0U, await machine.SessionsAsync(volume));
    }
}
