using System.Buffers.Binary;
using System.Security.Cryptography;

namespace SealFs.Core.Tokens;

/// <summary>What the bearer of a token signs.</summary>
public enum BearerStatement : byte
{
    /// <summary>To a storage node, with its challenge: this connection is mine.</summary>
    Hello = 1,

    /// <summary>To the manager: renew my session.</summary>
    Renew = 2,

    /// <summary>To the manager: close my session.</summary>
    Close = 3,
}

/// <summary>
/// The key of who has a token: made by the client when it opens a session (by a node when it starts), and never sent to anybody. The token names it, so that a token that
/// somebody else has read is of no use to him.
/// </summary>
public sealed class BearerKey
{
    /// <summary>Random bytes of a node, for one Hello.</summary>
    public const int ChallengeBytes = 32;

    public const int SignatureBytes = SigningKey.SignatureBytes;

    /// <summary>Nothing else that is signed begins so.</summary>
    private static ReadOnlySpan<byte> Context => "sealfs bearer 1\0"u8;

    private BearerKey(byte[] privateKey)
    {
        PrivateKey = privateKey;
        PublicKey = SigningKey.PublicOf(privateKey);
    }

    /// <summary>PKCS#8, for a process that goes on with the session.</summary>
    public byte[] PrivateKey { get; }

    /// <summary>SubjectPublicKeyInfo.</summary>
    public byte[] PublicKey { get; }

    public static BearerKey Create() => new(SigningKey.Create());

    /// <exception cref="CryptographicException">It is no private key.</exception>
    public static BearerKey FromPrivate(ReadOnlySpan<byte> privateKey) => new(privateKey.ToArray());

    /// <param name="statement">What is said.</param>
    /// <param name="session">For which session; of a node, its number.</param>
    /// <param name="challenge">What the other side asked to be signed; empty for statements to the manager.</param>
    public byte[] Sign(BearerStatement statement, SessionId session, ReadOnlySpan<byte> challenge = default)
    {
        Span<byte> data = stackalloc byte[Context.Length + 1 + sizeof(ulong) + ChallengeBytes];
        var signature = new byte[SignatureBytes];
        SigningKey.Sign(PrivateKey, data[..Compose(data, statement, session, challenge)], signature);
        return signature;
    }

    public static bool IsSigned(
        ReadOnlySpan<byte> publicKey, BearerStatement statement, SessionId session, ReadOnlySpan<byte> challenge, ReadOnlySpan<byte> signature)
    {
        Span<byte> data = stackalloc byte[Context.Length + 1 + sizeof(ulong) + ChallengeBytes];
        return SigningKey.Verify(publicKey, data[..Compose(data, statement, session, challenge)], signature);
    }

    private static int Compose(Span<byte> data, BearerStatement statement, SessionId session, ReadOnlySpan<byte> challenge)
    {
        Context.CopyTo(data);
        data[Context.Length] = (byte)statement;
        BinaryPrimitives.WriteUInt64LittleEndian(data[(Context.Length + 1)..], session.Value);
        challenge.CopyTo(data[(Context.Length + 1 + sizeof(ulong))..]);
        return Context.Length + 1 + sizeof(ulong) + challenge.Length;
    }
}
