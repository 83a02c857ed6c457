using Grpc.Core;
using SealFs.Core;
using SealFs.Core.Control;
using SealFs.Core.Control.V1;
using SealFs.Core.Security;
using SealFs.Core.Tokens;
using Xunit;

namespace SealFs.Manager.Tests.Tls;

/// <summary>To whom a session belongs, and what a certificate allows to open.</summary>
public sealed class SessionOwnerTests
{
    [Fact]
    public async Task A_session_is_renewed_and_closed_by_its_owner_alone()
    {
        await using var cluster = await WithVolumesAsync("data");
        var owner = ClientOf(cluster, "owner");
        var session = await OpenAsync(owner, "data");
        var (id, key) = (new SessionId(session.SessionId), BearerKey.FromPrivate(session.PrivateKey.Span));

        // Another certificate, also with the right key; the right certificate with another key; no key.
        var other = ClientOf(cluster, "other");
        await DeniedAsync("somebody else", () => other.RenewSessionAsync(id, key, TlsCluster.Cancellation));
        await DeniedAsync("somebody else", () => other.CloseSessionAsync(id, key, TlsCluster.Cancellation));
        await DeniedAsync("somebody else", () => owner.RenewSessionAsync(id, BearerKey.Create(), TlsCluster.Cancellation));
        await DeniedAsync("somebody else", () => owner.CloseSessionAsync(id, BearerKey.Create(), TlsCluster.Cancellation));
        await DeniedAsync("somebody else", () => owner.CloseSessionAsync(id, key: null, TlsCluster.Cancellation));

        await owner.RenewSessionAsync(id, key, TlsCluster.Cancellation);
        await owner.CloseSessionAsync(id, key, TlsCluster.Cancellation);
        Assert.Empty(await cluster.Client(CertificateRole.Admin).ListSessionsAsync(cancellation: TlsCluster.Cancellation));
    }

    [Fact]
    public async Task An_administrator_closes_any_session()
    {
        await using var cluster = await WithVolumesAsync("data");
        var session = await OpenAsync(ClientOf(cluster, "owner"), "data");
        var admin = cluster.Client(CertificateRole.Admin);
        await admin.CloseSessionAsync(new SessionId(session.SessionId), key: null, TlsCluster.Cancellation);
        Assert.Empty(await admin.ListSessionsAsync(cancellation: TlsCluster.Cancellation));
    }

    [Fact]
    public async Task A_token_for_administration_is_given_to_administrators_alone()
    {
        await using var cluster = await WithVolumesAsync("data");
        var key = (await cluster.Client(CertificateRole.Node).RegisterNodeAsync(ManagerFixture.Registration(1), TlsCluster.Cancellation)).TokenKey;
        var request = new OpenSessionRequest { Volume = "data", Administration = true };
        await DeniedAsync("the role admin is needed", () => ClientOf(cluster, "client").OpenSessionAsync(request, TlsCluster.Cancellation));
        var session = await cluster.Client(CertificateRole.Admin).OpenSessionAsync(request, TlsCluster.Cancellation);
        SessionToken.TryVerify(key.Span, session.Token.Span, DateTimeOffset.UtcNow, out var claims);
        Assert.Equal(TokenAccess.Administration, claims.Access);
    }

    [Fact]
    public async Task A_certificate_can_name_the_volumes_and_modes_that_its_holder_may_open()
    {
        await using var cluster = await WithVolumesAsync("photos", "logs", "other");
        var limited = ClientOf(cluster, "limited", VolumeGrants.Parse("photos,logs:ro"));
        await OpenAsync(limited, "photos");
        await OpenAsync(limited, "photos", readOnly: true);
        await OpenAsync(limited, "logs", readOnly: true);
        await DeniedAsync("may only read volume 'logs'", () => OpenAsync(limited, "logs"));
        await DeniedAsync("is not good for volume 'other'", () => OpenAsync(limited, "other", readOnly: true));
        await DeniedAsync("is not good for volume 'other'", () => limited.GetVolumeAsync("other", TlsCluster.Cancellation));
        Assert.Equal("logs", (await limited.GetVolumeAsync("logs", TlsCluster.Cancellation)).Name);
        var other = await cluster.Client(CertificateRole.Admin).GetVolumeAsync("other", TlsCluster.Cancellation);
        var refusal = await Assert.ThrowsAsync<ControlException>(() => limited.GetVolumeAsync(new VolumeId(other.Id), TlsCluster.Cancellation));
        Assert.Equal(StatusCode.NotFound, refusal.Code);
        await OpenAsync(ClientOf(cluster, "free"), "other");
    }

    private static ControlClient ClientOf(TlsCluster cluster, string name, VolumeGrants? grants = null) =>
        cluster.Client(new HeldCredentials(cluster.Issue(new CertificateIdentity(CertificateRole.Client, name), grants: grants)));

    private static Task<OpenSessionResponse> OpenAsync(ControlClient client, string volume, bool readOnly = false) =>
        client.OpenSessionAsync(new OpenSessionRequest { Volume = volume, ReadOnly = readOnly, ClientName = "c", Host = "h" }, TlsCluster.Cancellation);

    private static async Task DeniedAsync(string reason, Func<Task> ask)
    {
        var refusal = await Assert.ThrowsAsync<ControlException>(ask);
        Assert.Equal(StatusCode.PermissionDenied, refusal.Code);
        Assert.Contains(reason, refusal.Message, StringComparison.Ordinal);
    }

    private static async Task<TlsCluster> WithVolumesAsync(params string[] volumes)
    {
        var cluster = await TlsCluster.StartAsync();
        await cluster.Client(CertificateRole.Node).RegisterNodeAsync(ManagerFixture.Registration(1), TlsCluster.Cancellation);
        foreach (var volume in volumes)
            await cluster.Client(CertificateRole.Admin).CreateVolumeAsync(new CreateVolumeRequest { Name = volume }, TlsCluster.Cancellation);
        return cluster;
    }
}
