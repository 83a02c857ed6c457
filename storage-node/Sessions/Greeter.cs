using System.Security.Cryptography;
using Microsoft.Extensions.Logging;
using SealFs.Core;
using SealFs.Core.Messages;
using SealFs.Core.Security;
using SealFs.Core.Tokens;
using SealFs.Core.Wire;
using SealFs.StorageNode.Shards;

namespace SealFs.StorageNode.Sessions;

/// <summary>Answers Hello: who is it, does the token prove it, does the token belong to who shows it, and does the session live?</summary>
public sealed partial class Greeter(NodeContext node, ILogger<Greeter> logger)
{
    private readonly LogRate _refusals = new(node.Time);

    /// <summary>A challenge for a connection whose Hello was answered with ProofRequired.</summary>
    public static byte[] NewChallenge() => RandomNumberGenerator.GetBytes(BearerKey.ChallengeBytes);

    /// <summary>
    /// Judges a Hello. With None, the session stands. With ProofRequired, the peer is to be sent a challenge, and to say Hello again with the challenge signed. With anything else the connection
    /// may not go on.
    /// </summary>
    /// <param name="hello">What came.</param>
    /// <param name="challenge">What this connection was sent to sign; empty when it was sent nothing.</param>
    /// <param name="certificate">Whose certificate the connection came with; null where it is not encrypted.</param>
    /// <param name="session">Who it is.</param>
    public Errno Greet(in HelloRequest hello, ReadOnlySpan<byte> challenge, CertificateIdentity? certificate, out Session? session)
    {
        session = null;
        SessionClaims claims = default;
        var status = certificate is { } identity && !Fits(identity.Role, hello.Role) ? Errno.SessionRefused : Judge(in hello, challenge, out claims);
        if (status == Errno.ProofRequired)
            return status;
        if (status != Errno.None)
        {
            if (_refusals.Permits())
                LogRefused(hello.Session, hello.Role, status);
            return status;
        }

        var isReadOnly = claims.Access is TokenAccess.ReadOnly or TokenAccess.Administration;
        session = new Session(claims.Session, hello.Role, claims.Volume, isReadOnly, hello.Generation) { Attempt = hello.Attempt, Number = claims.Number };
        node.Sessions.Add(session);
        return Errno.None;
    }

    /// <summary>What this node says of itself.</summary>
    public HelloReply Reply() => new(FrameHeader.CurrentVersion, node.Identity.Node, node.Identity.Incarnation, node.ShardCount);

    private Errno Judge(in HelloRequest hello, ReadOnlySpan<byte> challenge, out SessionClaims claims)
    {
        claims = default;
        if (hello.ProtocolVersion != FrameHeader.CurrentVersion)
            return Errno.EPROTO;

        // Before the first registration nobody's token can be checked.
        if (node.TokenKey.Length == 0 || node.ShardCount == 0)
            return Errno.Busy;
        var verdict = SessionToken.TryVerify(node.TokenKey, hello.Token, node.Sessions.TokenTime, out claims);
        if (verdict is not (TokenVerdict.Valid or TokenVerdict.Expired) || claims.Session != hello.Session || !Allows(claims.Access, hello.Role))
            return Errno.SessionRefused;
        if (hello.Role != PeerRole.Node)
        {
            if (!node.Sessions.IsListed)
                return Errno.Busy;
            if (!node.Sessions.IsLive(claims.Session, claims.Number))
                return Errno.SessionRefused;
        }

        return verdict == TokenVerdict.Expired ? Errno.TokenExpired : JudgeBearer(in hello, challenge, in claims);
    }

    /// <summary>A token that somebody has read on its way is worth nothing without the key that it names.</summary>
    private static Errno JudgeBearer(in HelloRequest hello, ReadOnlySpan<byte> challenge, in SessionClaims claims)
    {
        if (claims.Key == KeyThumbprint.None)
            return Errno.None;
        if (hello.Key.IsEmpty || KeyThumbprint.Of(hello.Key) != claims.Key)
            return Errno.SessionRefused;
        if (challenge.IsEmpty)
            return Errno.ProofRequired;
        return BearerKey.IsSigned(hello.Key, BearerStatement.Hello, claims.Session, challenge, hello.Proof) ? Errno.None : Errno.SessionRefused;
    }

    /// <summary>A token that somebody else has got is not accepted with a certificate of another kind.</summary>
    private static bool Fits(CertificateRole certificate, PeerRole role) => role switch
    {
        PeerRole.Client => certificate is CertificateRole.Client or CertificateRole.Admin,
        PeerRole.Admin => certificate == CertificateRole.Admin,
        PeerRole.Node => certificate == CertificateRole.Node,
        _ => false,
    };

    private static bool Allows(TokenAccess access, PeerRole role) => role switch
    {
        PeerRole.Client => access is TokenAccess.ReadWrite or TokenAccess.ReadOnly,
        PeerRole.Admin => access == TokenAccess.Administration,
        PeerRole.Node => access == TokenAccess.Node,
        _ => false,
    };

    [LoggerMessage(1200, LogLevel.Warning, "Session {Session} as {Role} was refused: {Status}")]
    private partial void LogRefused(SessionId session, PeerRole role, Errno status);
}
