using Google.Protobuf;
using SealFs.Core;
using SealFs.Core.Control;
using SealFs.Core.Control.V1;
using SealFs.Core.Tokens;
using SealFs.Manager.Sessions;
using SealFs.Manager.Store;

namespace SealFs.Manager;

/// <summary>Client sessions and their tokens.</summary>
internal sealed partial class ControlPlane
{
    public async Task<OpenSessionResponse> OpenSessionAsync(OpenSessionRequest request, CancellationToken cancellation)
    {
        CheckText("client name", request.ClientName);
        CheckText("host", request.Host);
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

    public async Task<RenewSessionResponse> RenewSessionAsync(SessionId id, CancellationToken cancellation)
    {
        using var turn = await EnterAsync(cancellation);
        if (!sessions.TryGet(id, out var session) || volumes.ById(session.Volume) is not { } volume)
            throw Refusal.NotFound($"Session {id} has ended.");
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

    public async Task CloseSessionAsync(SessionId id, CancellationToken cancellation)
    {
        using var turn = await EnterAsync(cancellation);
        if (!sessions.TryGet(id, out var session))
            return;
        await EndSessionsAsync([session]);
        LogSessionClosed(id.Value);
    }

    public async Task<IReadOnlyList<SessionInfo>> ListSessionsAsync(string volumeName, CancellationToken cancellation)
    {
        using var turn = await EnterAsync(cancellation);
        var listed = volumeName.Length == 0 ? sessions.Live : sessions.Of(RequireVolume(volumeName).Id);
        return [.. listed.OrderBy(session => session.Record.OpenedUnixMs).ThenBy(session => session.Id).Select(Describe)];
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
        var access = session.Record.ReadOnly ? TokenAccess.ReadOnly : TokenAccess.ReadWrite;
        var token = SessionToken.Create(cluster.TokenKey, new SessionClaims(session.Id, session.Volume, access, expires));
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
