using System.Buffers.Binary;
using System.Security.Cryptography;

namespace SealFs.Core.Tokens;

/// <summary>
/// The proof that a client shows to storage nodes: claims signed with the cluster's key, so that a node checks it without asking the manager.
/// <code>
///   0 u8  version (1)
///   1 u8  access (TokenAccess)
///   2 u16 zero
///   4 u32 volume
///   8 u64 session
///  16 i64 expiry, Unix time in milliseconds
///  24 32 bytes HMAC-SHA256 over bytes 0 to 23
/// </code>
/// All little-endian.
/// </summary>
public static class SessionToken
{
    public const int SizeBytes = SignedBytes + HMACSHA256.HashSizeInBytes;

    /// <summary>Length of a cluster's key.</summary>
    public const int KeyBytes = 32;

    /// <summary>A receiver accepts tokens up to this length, so that later versions fit.</summary>
    public const int MaxSizeBytes = 128;

    private const byte Version = 1;
    private const int SignedBytes = 24;

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
        HMACSHA256.HashData(key, token.AsSpan(0, SignedBytes), token.AsSpan(SignedBytes));
        return token;
    }

    /// <summary>Checks form, signature (in constant time) and expiry, in this order.</summary>
    /// <param name="key">The cluster's key.</param>
    /// <param name="token">What the client sent.</param>
    /// <param name="now">The time to compare the expiry with.</param>
    /// <param name="claims">The claims when the verdict is <see cref="TokenVerdict.Valid"/> or <see cref="TokenVerdict.Expired"/>.</param>
    public static TokenVerdict TryVerify(ReadOnlySpan<byte> key, ReadOnlySpan<byte> token, DateTimeOffset now, out SessionClaims claims)
    {
        claims = default;
        if (token.Length != SizeBytes || token[0] != Version || token[2] != 0 || token[3] != 0)
            return TokenVerdict.Malformed;
        Span<byte> expected = stackalloc byte[HMACSHA256.HashSizeInBytes];
        HMACSHA256.HashData(key, token[..SignedBytes], expected);
        if (!CryptographicOperations.FixedTimeEquals(expected, token[SignedBytes..]))
            return TokenVerdict.BadSignature;
        var stated = new SessionClaims(
            new SessionId(BinaryPrimitives.ReadUInt64LittleEndian(token[8..])),
            new VolumeId(BinaryPrimitives.ReadUInt32LittleEndian(token[4..])),
            (TokenAccess)token[1],
            BinaryPrimitives.ReadInt64LittleEndian(token[16..]));
        if (!IsConsistent(stated))
            return TokenVerdict.Malformed;
        claims = stated;
        return stated.ExpiresUnixMs > now.ToUnixTimeMilliseconds() ? TokenVerdict.Valid : TokenVerdict.Expired;
    }

    private static bool IsConsistent(SessionClaims claims) => claims.Session.Value != 0 && claims.Access switch
    {
        TokenAccess.ReadWrite or TokenAccess.ReadOnly => claims.Volume.Value != 0,
        TokenAccess.Node => claims.Volume.Value == 0,
        _ => false,
    };
}
