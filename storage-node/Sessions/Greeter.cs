using Microsoft.Extensions.Logging;
using SealFs.Core;
using SealFs.Core.Messages;
using SealFs.Core.Tokens;
using SealFs.Core.Wire;
using SealFs.StorageNode.Shards;

namespace SealFs.StorageNode.Sessions;

/// <summary>Answers Hello: who is it, and does the token prove it?</summary>
public sealed partial class Greeter(NodeContext node, ILogger<Greeter> logger)
{
    private readonly LogRate _refusals = new(node.Time);

    /// <summary>Judges a Hello. With None, the session stands; with anything else the connection may not go on.</summary>
    public Errno Greet(in HelloRequest hello, out Session? session)
    {
        session = null;
        var status = Judge(in hello, out var claims);
        if (status != Errno.None)
        {
            if (_refusals.Permits())
                LogRefused(hello.Session, hello.Role, status);
            return status;
        }

        session = new Session(claims.Session, hello.Role, claims.Volume, claims.Access == TokenAccess.ReadOnly, hello.Generation) { Attempt = hello.Attempt };
        node.Sessions.Add(session);
        return Errno.None;
    }

    /// <summary>What this node says of itself.</summary>
    public HelloReply Reply() => new(FrameHeader.CurrentVersion, node.Identity.Node, node.Identity.Incarnation, node.ShardCount);

    private Errno Judge(in HelloRequest hello, out SessionClaims claims)
    {
        claims = default;
        if (hello.ProtocolVersion != FrameHeader.CurrentVersion)
            return Errno.EPROTO;

        // Before the first registration nobody's token can be checked.
        if (node.TokenKey.Length == 0 || node.ShardCount == 0)
            return Errno.Busy;
        var verdict = SessionToken.TryVerify(node.TokenKey, hello.Token, node.Time.GetUtcNow(), out claims);
        if (verdict != TokenVerdict.Valid || claims.Session != hello.Session || node.Sessions.HasEnded(claims.Session))
            return Errno.SessionRefused;
        var isNode = claims.Access == TokenAccess.Node;
        return hello.Role switch
        {
            PeerRole.Client when !isNode => Errno.None,
            PeerRole.Admin => Errno.None,
            PeerRole.Node when isNode => Errno.None,
            _ => Errno.SessionRefused,
        };
    }

    [LoggerMessage(1200, LogLevel.Warning, "Session {Session} as {Role} was refused: {Status}")]
    private partial void LogRefused(SessionId session, PeerRole role, Errno status);
}
