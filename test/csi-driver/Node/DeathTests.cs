using SealFs.CsiDriver.Node;

namespace SealFs.CsiDriver.Tests.Node;

/// <summary>Each process dies or is replaced under an application that writes. It sees a pause, no error, and finds everything that it wrote.</summary>
public abstract class DeathTests(NodeMachine machine, ITestOutputHelper output)
{
    private const int Rounds = 40;

    protected NodeMachine Machine => machine;

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

    protected async Task UnderLoadAsync(string name, Func<Task> disaster)
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
