using Grpc.Core;
using SealFs.Core.Control;
using SealFs.Core.Control.V1;
using Xunit;

namespace SealFs.Manager.Tests.Control;

public sealed class ClientSessionLoopTests
{
    [Fact]
    public async Task A_session_is_renewed_and_closed()
    {
        await using var manager = await WithVolumeAsync();
        await using var session = await OpenAsync(manager);
        var first = session.Current;
        for (var third = 1; third <= 9; third++)
        {
            var renewed = NextRenewal(session);
            await manager.AdvanceUntilAsync(() => ArrivedAsync(manager, renewed), TimeSpan.FromSeconds(1));
        }
        Assert.True(session.Current.TokenExpiresUnixMs > first.TokenExpiresUnixMs);
        Assert.Single(await SessionsAsync(manager));
        await session.CloseAsync(ManagerFixture.Cancellation);
        Assert.Empty(await SessionsAsync(manager));
    }

    [Fact]
    public async Task A_successor_renews_at_once_without_the_clock_moving()
    {
        await using var manager = await WithVolumeAsync();
        var first = await OpenAsync(manager);
        await first.DisposeAsync();
        Assert.Single(await SessionsAsync(manager));
        manager.Clock.Advance(manager.Options.SessionLease / 2);
        await using var second = ClientSessionLoop.Attach(manager.Client, ClientSession.FromBytes(first.Current.ToBytes())!, manager.Clock);
        while (second.Current.TokenExpiresUnixMs == first.Current.TokenExpiresUnixMs)
            await SessionsAsync(manager);
        Assert.Equal(first.Current.Id, second.Current.Id);
        Assert.Equal((ulong)manager.Options.SessionLease.TotalMilliseconds, (await SessionsAsync(manager)).Single().LeaseLeftMs);
    }

    [Fact]
    public async Task A_session_that_ended_at_the_manager_is_reported_as_lost()
    {
        await using var manager = await WithVolumeAsync();
        await using var session = await OpenAsync(manager);
        var lost = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
        session.Lost += reason => lost.TrySetResult(reason);
        await manager.Client.DeleteVolumeAsync("data", force: true, ManagerFixture.Cancellation);
        await manager.AdvanceUntilAsync(() => ArrivedAsync(manager, lost.Task), TimeSpan.FromSeconds(1));
        Assert.Contains("has ended", await lost.Task, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_session_survives_a_restart_of_the_manager()
    {
        await using var manager = await WithVolumeAsync();
        await using var session = await OpenAsync(manager);
        await manager.RestartAsync(down: TimeSpan.FromHours(1));
        var renewed = NextRenewal(session);
        await manager.AdvanceUntilAsync(() => ArrivedAsync(manager, renewed), TimeSpan.FromSeconds(1));
        Assert.Single(await SessionsAsync(manager));
    }

    [Fact]
    public async Task Of_several_managers_the_one_that_answers_is_used()
    {
        await using var manager = await ManagerFixture.StartAsync();
        using var client = new ControlClient(["127.0.0.1:1", manager.Host.Address]);
        await client.ClusterStatusAsync(ManagerFixture.Cancellation);
        using var nobody = new ControlClient(["127.0.0.1:1"]);
        var failure = await Assert.ThrowsAsync<ControlException>(() => nobody.ClusterStatusAsync(ManagerFixture.Cancellation));
        Assert.Equal(StatusCode.Unavailable, failure.Code);
        Assert.Contains("127.0.0.1:1", failure.Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => new ControlClient([]));
        Assert.Throws<ArgumentException>(() => new ControlClient(["not an address"]));
    }

    private static Task NextRenewal(ClientSessionLoop session)
    {
        var renewed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        session.Renewed += _ => renewed.TrySetResult();
        return renewed.Task;
    }

    private static async Task<bool> ArrivedAsync(ManagerFixture manager, Task awaited)
    {
        await SessionsAsync(manager);
        return awaited.IsCompleted;
    }

    private static Task<IReadOnlyList<SessionInfo>> SessionsAsync(ManagerFixture manager) =>
        manager.Client.ListSessionsAsync(cancellation: ManagerFixture.Cancellation);

    private static Task<ClientSessionLoop> OpenAsync(ManagerFixture manager) => ClientSessionLoop.OpenAsync(
        manager.Client, new OpenSessionRequest { Volume = "data", ClientName = "test", Host = "here" }, manager.Clock, cancellation: ManagerFixture.Cancellation);

    private static async Task<ManagerFixture> WithVolumeAsync()
    {
        var manager = await ManagerFixture.StartAsync();
        await manager.RegisterAsync(1);
        await manager.Client.CreateVolumeAsync(new CreateVolumeRequest { Name = "data" }, ManagerFixture.Cancellation);
        return manager;
    }
}
