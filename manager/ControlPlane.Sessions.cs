using Google.Protobuf;
using SealFs.Core;
using SealFs.Core.Control;
using SealFs.Core.Control.V1;
using SealFs.Core.Security;
using SealFs.Core.Tokens;
using SealFs.Manager.Sessions;
using SealFs.Manager.Store;
using SealFs.Manager.Tls;

namespace SealFs.Manager;

/// <summary>Client sessions and their tokens.</summary>
internal sealed partial class ControlPlane
{
    public async Task<OpenSessionResponse> OpenSessionAsync(OpenSessionRequest request, Caller caller, CancellationToken cancellation)
    {
        CheckText("client name", request.ClientName);
        CheckText("host", request.Host);
        if (request.PublicKey.Length is 0 or > Limits.MaxPublicKeyBytes)
            throw Refusal.Invalid("A session is opened with the client's public key.");
        if (request.Administration && !caller.IsAdministrator)
            throw Refusal.Denied($"A certificate of the role {caller.Identity?.Role.Text()} ({caller.Identity?.Name}) may not look behind the files of a volume: the role admin is needed.");
        RequireGrant(caller, request.Volume, request.ReadOnly || request.Administration);
        using var turn = await EnterAsync(cancellation);
        var volume = RequireVolume(request.Volume);
        if (sessions.Count >= Limits.MaxSessions)
            throw Refusal.Full($"The cluster has {sessions.Count} sessions, which is the limit.");
        var record = new SessionRecord
        {
            Id = sessions.NewId().Value,
            VolumeId = volume.Record.Id,
            ReadOnly = request.ReadOnly,
            ClientName = request.ClientName,
            Host = request.Host,
            OpenedUnixMs = NowUnixMs(),
            Number = sessions.NextNumber(),
            PublicKey = request.PublicKey.ToByteArray(),
            Owner = caller.Name,
            Administration = request.Administration,
        };
        await SaveAsync(new StoreBatch().Put(record));
        var session = new SessionEntry(record, After(options.SessionLease));
        sessions.Add(session);
        LogSessionOpened(record.Id, volume.Record.Name, record.ClientName, record.Host);
        var (token, expires) = Sign(session);
        return new OpenSessionResponse
        {
            SessionId = record.Id,
            Token = token,
            TokenExpiresUnixMs = expires,
            LeaseMs = (ulong)options.SessionLease.TotalMilliseconds,
            ReadOnly = record.ReadOnly,
            Volume = Describe(volume),
            Map = Maps.Snapshot,
        };
    }

    public async Task<RenewSessionResponse> RenewSessionAsync(RenewSessionRequest request, Caller caller, CancellationToken cancellation)
    {
        var id = new SessionId(request.SessionId);
        using var turn = await EnterAsync(cancellation);
        if (!sessions.TryGet(id, out var session) || volumes.ById(session.Volume) is not { } volume)
            throw Refusal.NotFound($"Session {id} has ended.");
        RequireOwner(session, caller, BearerStatement.Renew, request.Proof.Span);
        RequireGrant(caller, volume.Record.Name, session.Record.ReadOnly || session.Record.Administration);
        session.LeaseEnd = After(options.SessionLease);
        var (token, expires) = Sign(session);
        return new RenewSessionResponse
        {
            LeaseMs = (ulong)options.SessionLease.TotalMilliseconds,
            Token = token,
            TokenExpiresUnixMs = expires,
            Volume = Describe(volume),
        };
    }

    public async Task CloseSessionAsync(CloseSessionRequest request, Caller caller, CancellationToken cancellation)
    {
        var id = new SessionId(request.SessionId);
        using var turn = await EnterAsync(cancellation);
        if (!sessions.TryGet(id, out var session))
            return;
        if (caller.Identity is null || !caller.IsAdministrator)
            RequireOwner(session, caller, BearerStatement.Close, request.Proof.Span);
        await EndSessionsAsync([session]);
        LogSessionClosed(id.Value);
    }

    public async Task<IReadOnlyList<SessionInfo>> ListSessionsAsync(string volumeName, CancellationToken cancellation)
    {
        using var turn = await EnterAsync(cancellation);
        var listed = volumeName.Length == 0 ? sessions.Live : sessions.Of(RequireVolume(volumeName).Id);
        return [.. listed.OrderBy(session => session.Record.OpenedUnixMs).ThenBy(session => session.Id).Select(Describe)];
    }

    /// <summary>A session belongs to who has its key and, with certificates, the certificate of the same holder: ids of sessions are no secret.</summary>
    private static void RequireOwner(SessionEntry session, Caller caller, BearerStatement statement, ReadOnlySpan<byte> proof)
    {
        var isOwner = session.Record.Owner == caller.Name && BearerKey.IsSigned(session.Record.PublicKey, statement, session.Id, [], proof);
        if (!isOwner)
            throw Refusal.Denied($"Session {session.Id} belongs to somebody else.");
    }

    private static void RequireGrant(Caller caller, string volume, bool readOnly)
    {
        if (caller.Grants.Allows(volume, readOnly))
            return;
        var how = caller.Grants.Allows(volume, readOnly: true) ? "may only read" : "is not good for";
        throw Refusal.Denied($"The certificate of {caller.Name} {how} volume '{volume}'.");
    }

    private async Task EndSessionsAsync(IReadOnlyCollection<SessionEntry> over)
    {
        var batch = new StoreBatch();
        foreach (var session in over)
            batch.Delete(RecordCodec.SessionKey(session.Id));
        await SaveAsync(batch);
        foreach (var session in over)
            sessions.End(session);
        Maps.Hint();
    }

    private (ByteString Token, long ExpiresUnixMs) Sign(SessionEntry session)
    {
        var expires = NowUnixMs() + (long)options.TokenLifetime.TotalMilliseconds;
        var access = session.Record switch
        {
            { Administration: true } => TokenAccess.Administration,
            { ReadOnly: true } => TokenAccess.ReadOnly,
            _ => TokenAccess.ReadWrite,
        };
        var claims = new SessionClaims(session.Id, session.Volume, access, expires) { Number = session.Record.Number, Key = KeyThumbprint.Of(session.Record.PublicKey) };
        var token = SessionToken.Create(cluster.TokenKey, claims);
        return (ByteString.CopyFrom(token), expires);
    }

    private SessionInfo Describe(SessionEntry session) => new()
    {
        SessionId = session.Record.Id,
        VolumeId = session.Record.VolumeId,
        Volume = volumes.ById(session.Volume)?.Record.Name ?? "",
        ReadOnly = session.Record.ReadOnly,
        ClientName = session.Record.ClientName,
        Host = session.Record.Host,
        OpenedUnixMs = session.Record.OpenedUnixMs,
        LeaseLeftMs = LeftMs(session.LeaseEnd),
    };
}
