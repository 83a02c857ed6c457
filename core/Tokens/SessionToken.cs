using System.Buffers.Binary;

namespace SealFs.Core.Tokens;

/// <summary>
/// The proof that a client shows to storage nodes: claims signed by the manager, so that a node checks it without asking. Only the manager has the key that signs; nodes have the
/// public one, with which nothing can be signed.
/// <code>
///   0 u8  version (2)
///   1 u8  access (TokenAccess)
///   2 u16 zero
///   4 u32 volume
///   8 u64 session
///  16 i64 expiry, Unix time in milliseconds
///  24 u64 number of the session
///  32 32 bytes SHA-256 of the bearer's public key; zero: none
///  64 64 bytes ECDSA signature on P-256 with SHA-256 over bytes 0 to 63: r, s
/// </code>
/// All little-endian but r and s, which are big-endian.
/// </summary>
public static class SessionToken
{
    public const int SizeBytes = SignedBytes + SigningKey.SignatureBytes;

    /// <summary>A receiver accepts tokens up to this length, so that later versions fit.</summary>
    public const int MaxSizeBytes = 256;

    private const byte Version = 2;
    private const int SignedBytes = 64;
    private const int ThumbprintOffset = 32;

    /// <summary>A new key to sign tokens with, as PKCS#8.</summary>
    public static byte[] CreateKey() => SigningKey.Create();

    /// <summary>The key by which tokens are checked, as SubjectPublicKeyInfo.</summary>
    /// <exception cref="System.Security.Cryptography.CryptographicException">It is no key.</exception>
    public static byte[] PublicKeyOf(ReadOnlySpan<byte> key) => SigningKey.PublicOf(key);

    /// <param name="key">The manager's private key.</param>
    /// <param name="claims">What the token states.</param>
    /// <exception cref="ArgumentException">The claims are not ones that <see cref="TryVerify"/> would accept.</exception>
    public static byte[] Create(ReadOnlySpan<byte> key, SessionClaims claims)
    {
        if (!IsConsistent(claims))
            throw new ArgumentException("The claims contradict each other.", nameof(claims));
        var token = new byte[SizeBytes];
        token[0] = Version;
        token[1] = (byte)claims.Access;
        BinaryPrimitives.WriteUInt32LittleEndian(token.AsSpan(4), claims.Volume.Value);
        BinaryPrimitives.WriteUInt64LittleEndian(token.AsSpan(8), claims.Session.Value);
        BinaryPrimitives.WriteInt64LittleEndian(token.AsSpan(16), claims.ExpiresUnixMs);
        BinaryPrimitives.WriteUInt64LittleEndian(token.AsSpan(24), claims.Number);
        claims.Key.Write(token.AsSpan(ThumbprintOffset));
        SigningKey.Sign(key, token.AsSpan(0, SignedBytes), token.AsSpan(SignedBytes));
        return token;
    }

    /// <summary>Checks form, signature and expiry, in this order.</summary>
    /// <param name="publicKey">The manager's public key.</param>
    /// <param name="token">What the client sent.</param>
    /// <param name="now">The time to compare the expiry with.</param>
    /// <param name="claims">The claims when the verdict is <see cref="TokenVerdict.Valid"/> or <see cref="TokenVerdict.Expired"/>.</param>
    public static TokenVerdict TryVerify(ReadOnlySpan<byte> publicKey, ReadOnlySpan<byte> token, DateTimeOffset now, out SessionClaims claims)
    {
        claims = default;
        if (token.Length != SizeBytes || token[0] != Version || token[2] != 0 || token[3] != 0)
            return TokenVerdict.Malformed;
        if (!SigningKey.Verify(publicKey, token[..SignedBytes], token[SignedBytes..]))
            return TokenVerdict.BadSignature;
        var stated = new SessionClaims(
            new SessionId(BinaryPrimitives.ReadUInt64LittleEndian(token[8..])),
            new VolumeId(BinaryPrimitives.ReadUInt32LittleEndian(token[4..])),
            (TokenAccess)token[1],
            BinaryPrimitives.ReadInt64LittleEndian(token[16..]))
        {
            Number = BinaryPrimitives.ReadUInt64LittleEndian(token[24..]),
            Key = new KeyThumbprint(token[ThumbprintOffset..]),
        };
        if (!IsConsistent(stated))
            return TokenVerdict.Malformed;
        claims = stated;
        return stated.ExpiresUnixMs > now.ToUnixTimeMilliseconds() ? TokenVerdict.Valid : TokenVerdict.Expired;
    }

    private static bool IsConsistent(SessionClaims claims) => claims.Session.Value != 0 && claims.Access switch
    {
        TokenAccess.ReadWrite or TokenAccess.ReadOnly or TokenAccess.Administration => claims.Volume.Value != 0,
        TokenAccess.Node => claims.Volume.Value == 0,
        _ => false,
    };
}
