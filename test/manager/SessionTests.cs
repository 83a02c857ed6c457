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
        var expected = new SessionClaims(session.Id, new VolumeId(1), TokenAccess.ReadOnly, session.TokenExpiresUnixMs) { Number = claims.Number, Key = KeyThumbprint.Of(session.Key!.PublicKey) };
        Assert.Equal(expected, claims);
        Assert.NotEqual(0ul, claims.Number);

        var copy = ClientSession.FromBytes(session.ToBytes())!;
        Assert.Equal((session.Id, session.Lease, session.ReadOnly, session.Volume), (copy.Id, copy.Lease, copy.ReadOnly, copy.Volume));
        Assert.Equal(session.Token.ToArray(), copy.Token.ToArray());
        Assert.Equal(session.Key.PrivateKey, copy.Key!.PrivateKey);
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
                await manager.Client.RenewSessionAsync(new SessionId(second.SessionId), BearerKey.FromPrivate(second.PrivateKey.Span), ManagerFixture.Cancellation);
                return (await SessionsAsync(manager)).Count == 1;
            },
            manager.Options.SessionLease / 3);
        Assert.Equal([second.SessionId], (await SessionsAsync(manager)).Select(session => session.SessionId));
        var told = await HeartbeatFromAsync(manager, watermark);
        Assert.False(told.SessionResync);
        Assert.Equal([first.SessionId], told.EndedSessions);
        Assert.Empty((await HeartbeatFromAsync(manager, told)).EndedSessions);
        var refusal = await Assert.ThrowsAsync<ControlException>(
            () => manager.Client.RenewSessionAsync(new SessionId(first.SessionId), BearerKey.FromPrivate(first.PrivateKey.Span), ManagerFixture.Cancellation));
        Assert.Equal(StatusCode.NotFound, refusal.Code);
    }

    [Fact]
    public async Task A_closed_session_is_gone_at_once_and_closing_again_is_no_error()
    {
        await using var manager = await WithVolumeAsync();
        var session = await OpenAsync(manager);
        var watermark = await manager.HeartbeatAsync(1);
        await manager.Client.CloseSessionAsync(new SessionId(session.SessionId), BearerKey.FromPrivate(session.PrivateKey.Span), ManagerFixture.Cancellation);
        await manager.Client.CloseSessionAsync(new SessionId(session.SessionId), BearerKey.FromPrivate(session.PrivateKey.Span), ManagerFixture.Cancellation);
        Assert.Empty(await SessionsAsync(manager));
        Assert.Equal([session.SessionId], (await HeartbeatFromAsync(manager, watermark)).EndedSessions);
    }

    [Fact]
    public async Task Without_certificates_a_session_belongs_to_who_has_its_key()
    {
        await using var manager = await WithVolumeAsync();
        var session = await OpenAsync(manager);
        var id = new SessionId(session.SessionId);
        foreach (var attempt in new Func<Task>[]
        {
            () => manager.Client.RenewSessionAsync(id, BearerKey.Create(), ManagerFixture.Cancellation),
            () => manager.Client.CloseSessionAsync(id, BearerKey.Create(), ManagerFixture.Cancellation),
            () => manager.Client.CloseSessionAsync(id, key: null, ManagerFixture.Cancellation),
        })
        {
            Assert.Equal(StatusCode.PermissionDenied, (await Assert.ThrowsAsync<ControlException>(attempt)).Code);
        }

        Assert.Single(await SessionsAsync(manager));
    }

    [Fact]
    public async Task Numbers_of_sessions_rise_also_over_restarts()
    {
        await using var manager = await WithVolumeAsync();
        ulong last = 0;
        for (var start = 0; start < 3; start++)
        {
            for (var opened = 0; opened < 2; opened++)
            {
                var session = await OpenAsync(manager);
                var key = (await manager.RegisterAsync(1)).TokenKey;
                SessionToken.TryVerify(key.Span, session.Token.Span, manager.Clock.GetUtcNow(), out var claims);
                Assert.True(claims.Number > last);
                last = claims.Number;
                Assert.Equal(last, (await manager.RegisterAsync(1)).NewestSession);
            }
            await manager.RestartAsync();
        }
    }

    [Fact]
    public async Task A_node_never_learns_the_key_that_signs()
    {
        await using var manager = await WithVolumeAsync();
        var registered = await manager.RegisterAsync(1);
        var claims = new SessionClaims(new SessionId(1), new VolumeId(1), TokenAccess.ReadWrite, long.MaxValue);
        Assert.ThrowsAny<System.Security.Cryptography.CryptographicException>(() => SessionToken.Create(registered.TokenKey.Span, claims));
        Assert.Equal(TokenVerdict.Valid, SessionToken.TryVerify(registered.TokenKey.Span, registered.Token.Span, manager.Clock.GetUtcNow(), out var own));
        Assert.Equal((TokenAccess.Node, registered.NodeId), (own.Access, (uint)own.Session.Value));
        Assert.Equal(KeyThumbprint.Of([1]), own.Key);
    }

    [Fact]
    public async Task The_token_of_a_node_is_renewed_long_before_it_ends()
    {
        await using var manager = await WithVolumeAsync();
        var registered = await manager.RegisterAsync(1);
        Assert.True((await manager.HeartbeatAsync(1)).Token.IsEmpty);
        manager.Clock.Advance(manager.Options.TokenLifetime / 2);
        var renewed = (await manager.HeartbeatAsync(1)).Token;
        SessionToken.TryVerify(registered.TokenKey.Span, registered.Token.Span, manager.Clock.GetUtcNow(), out var before);
        Assert.Equal(TokenVerdict.Valid, SessionToken.TryVerify(registered.TokenKey.Span, renewed.Span, manager.Clock.GetUtcNow(), out var after));
        Assert.True(after.ExpiresUnixMs > before.ExpiresUnixMs);
        Assert.True((await manager.HeartbeatAsync(1)).Token.IsEmpty);

        // Another process of the manager knows the node's key from its store.
        await manager.RestartAsync();
        var last = (await manager.HeartbeatAsync(1)).Token;
        SessionToken.TryVerify(registered.TokenKey.Span, last.Span, manager.Clock.GetUtcNow(), out var later);
        Assert.Equal(KeyThumbprint.Of([1]), later.Key);
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
