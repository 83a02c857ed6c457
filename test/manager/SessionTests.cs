using Grpc.Core;
using SealFs.Core;
using SealFs.Core.Control;
using SealFs.Core.Control.V1;
using SealFs.Core.Tokens;
using Xunit;

namespace SealFs.Manager.Tests;

public sealed class SessionTests
{
    [Fact]
    public async Task A_session_brings_all_that_a_client_needs()
    {
        await using var manager = await ManagerFixture.StartAsync();
        var key = (await manager.RegisterAsync(1)).TokenKey;
        await CreateVolumeAsync(manager);
        var session = ClientSession.FromProto(await OpenAsync(manager, readOnly: true))!;
        Assert.NotEqual(0ul, session.Id.Value);
        Assert.True(session.Map.IsBuilt);
        Assert.Equal(session.Volume.RootInode, session.Root.Value);
        Assert.Equal(TokenVerdict.Valid, SessionToken.TryVerify(key.Span, session.Token.Span, manager.Clock.GetUtcNow(), out var claims));
        Assert.Equal(new SessionClaims(session.Id, new VolumeId(1), TokenAccess.ReadOnly, session.TokenExpiresUnixMs), claims);

        var copy = ClientSession.FromBytes(session.ToBytes())!;
        Assert.Equal((session.Id, session.Lease, session.ReadOnly, session.Volume), (copy.Id, copy.Lease, copy.ReadOnly, copy.Volume));
        Assert.Equal(session.Token.ToArray(), copy.Token.ToArray());
        Assert.Equal(session.Map.Shards.ToArray(), copy.Map.Shards.ToArray());
        Assert.Null(ClientSession.FromBytes([1, 2, 3]));
    }

    [Fact]
    public async Task A_session_that_is_not_renewed_ends_and_the_nodes_are_told()
    {
        await using var manager = await WithVolumeAsync();
        var first = await OpenAsync(manager);
        var second = await OpenAsync(manager);
        var watermark = await manager.HeartbeatAsync(1);
        Assert.True(watermark.SessionResync);
        Assert.Equal(new[] { first.SessionId, second.SessionId }.Order(), watermark.LiveSessions.Order());

        // The second renews as often as it should, the first does not.
        await manager.AdvanceUntilAsync(
            async () =>
            {
                await manager.Client.RenewSessionAsync(new SessionId(second.SessionId), ManagerFixture.Cancellation);
                return (await SessionsAsync(manager)).Count == 1;
            },
            manager.Options.SessionLease / 3);
        Assert.Equal([second.SessionId], (await SessionsAsync(manager)).Select(session => session.SessionId));
        var told = await HeartbeatFromAsync(manager, watermark);
        Assert.False(told.SessionResync);
        Assert.Equal([first.SessionId], told.EndedSessions);
        Assert.Empty((await HeartbeatFromAsync(manager, told)).EndedSessions);
        var refusal = await Assert.ThrowsAsync<ControlException>(
            () => manager.Client.RenewSessionAsync(new SessionId(first.SessionId), ManagerFixture.Cancellation));
        Assert.Equal(StatusCode.NotFound, refusal.Code);
    }

    [Fact]
    public async Task A_closed_session_is_gone_at_once_and_closing_again_is_no_error()
    {
        await using var manager = await WithVolumeAsync();
        var session = await OpenAsync(manager);
        var watermark = await manager.HeartbeatAsync(1);
        await manager.Client.CloseSessionAsync(new SessionId(session.SessionId), ManagerFixture.Cancellation);
        await manager.Client.CloseSessionAsync(new SessionId(session.SessionId), ManagerFixture.Cancellation);
        Assert.Empty(await SessionsAsync(manager));
        Assert.Equal([session.SessionId], (await HeartbeatFromAsync(manager, watermark)).EndedSessions);
    }

    [Fact]
    public async Task A_node_that_read_another_log_is_told_who_lives()
    {
        await using var manager = await WithVolumeAsync();
        var session = await OpenAsync(manager);
        var before = await manager.HeartbeatAsync(1);
        await manager.RestartAsync();
        var after = await HeartbeatFromAsync(manager, before);
        Assert.True(after.SessionResync);
        Assert.Equal([session.SessionId], after.LiveSessions);
    }

    [Fact]
    public async Task A_session_on_no_volume_is_refused()
    {
        await using var manager = await WithVolumeAsync();
        var refusal = await Assert.ThrowsAsync<ControlException>(
            () => manager.Client.OpenSessionAsync(new OpenSessionRequest { Volume = "none" }, ManagerFixture.Cancellation));
        Assert.Equal(StatusCode.NotFound, refusal.Code);
    }

    [Fact]
    public async Task Sessions_are_listed_with_what_people_want_to_know()
    {
        await using var manager = await WithVolumeAsync();
        var opened = await OpenAsync(manager, readOnly: true);
        var listed = Assert.Single(await manager.Client.ListSessionsAsync("data", ManagerFixture.Cancellation));
        Assert.Equal((opened.SessionId, "data", true, "test", "here"), (listed.SessionId, listed.Volume, listed.ReadOnly, listed.ClientName, listed.Host));
        Assert.Equal(60_000ul, listed.LeaseLeftMs);
        Assert.Equal(1u, (await manager.Client.GetVolumeAsync("data", ManagerFixture.Cancellation)).LiveSessions);
    }

    private static Task<HeartbeatResponse> HeartbeatFromAsync(ManagerFixture manager, HeartbeatResponse before) => manager.HeartbeatAsync(
        1,
        request => (request.SessionLogId, request.SessionLogPosition) = (before.SessionLogId, before.SessionLogPosition));

    private static Task<IReadOnlyList<SessionInfo>> SessionsAsync(ManagerFixture manager) =>
        manager.Client.ListSessionsAsync(cancellation: ManagerFixture.Cancellation);

    private static Task<OpenSessionResponse> OpenAsync(ManagerFixture manager, bool readOnly = false) => manager.Client.OpenSessionAsync(
        new OpenSessionRequest { Volume = "data", ReadOnly = readOnly, ClientName = "test", Host = "here" }, ManagerFixture.Cancellation);

    private static Task<VolumeInfo> CreateVolumeAsync(ManagerFixture manager) =>
        manager.Client.CreateVolumeAsync(new CreateVolumeRequest { Name = "data" }, ManagerFixture.Cancellation);

    private static async Task<ManagerFixture> WithVolumeAsync()
    {
        var manager = await ManagerFixture.StartAsync();
        await manager.RegisterAsync(1);
        await CreateVolumeAsync(manager);
        return manager;
    }
}
