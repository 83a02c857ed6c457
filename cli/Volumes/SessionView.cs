using SealFs.Core.Control.V1;

namespace SealFs.Cli.Volumes;

/// <summary>A client that has a volume open.</summary>
internal sealed record SessionView(string Id, string Client, string Host, bool ReadOnly, DateTimeOffset Opened, ulong LeaseLeftMs)
{
    public static SessionView Of(SessionInfo session) => new(
        session.SessionId.ToString("x16"), session.ClientName, session.Host, session.ReadOnly, DateTimeOffset.FromUnixTimeMilliseconds(session.OpenedUnixMs),
        session.LeaseLeftMs);
}
