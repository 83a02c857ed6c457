using CsCheck;
using SealFs.Core.Tokens;
using Xunit;

namespace SealFs.Core.Tests.Tokens;

public sealed class SessionTokenTests
{
    private static readonly byte[] Key = SessionToken.CreateKey();
    private static readonly byte[] PublicKey = SessionToken.PublicKeyOf(Key);
    private static readonly DateTimeOffset Now = DateTimeOffset.FromUnixTimeMilliseconds(1_800_000_000_000);
    private static readonly SessionClaims Claims =
        new(new SessionId(0x1122334455667788), new VolumeId(7), TokenAccess.ReadWrite, Now.ToUnixTimeMilliseconds() + 1)
        {
            Number = 0x0102030405060708,
            Key = new KeyThumbprint([.. Enumerable.Range(0, KeyThumbprint.SizeBytes).Select(index => (byte)index)]),
        };

    [Fact]
    public void Claims_survive() => Gen.Select(Gen.ULong[1, ulong.MaxValue], Gen.UInt[1, uint.MaxValue], Gen.Bool, Gen.Long[1, 1L << 50]).Sample(
        (session, volume, readOnly, lifetimeMs) =>
        {
            var access = readOnly ? TokenAccess.ReadOnly : TokenAccess.ReadWrite;
            var claims = Claims with { Session = new SessionId(session), Volume = new VolumeId(volume), Access = access, ExpiresUnixMs = Now.ToUnixTimeMilliseconds() + lifetimeMs };
            var token = SessionToken.Create(Key, claims);
            Assert.True(token.Length <= SessionToken.MaxSizeBytes);
            Assert.Equal(TokenVerdict.Valid, SessionToken.TryVerify(PublicKey, token, Now, out var stated));
            Assert.Equal(claims, stated);
        },
        iter: 100);

    [Fact]
    public void The_layout_is_pinned() => Assert.Equal(
        "0201000007000000887766554433221101505C18A30100000807060504030201000102030405060708090A0B0C0D0E0F101112131415161718191A1B1C1D1E1F",
        Convert.ToHexString(SessionToken.Create(Key, Claims)[..64]));

    [Fact]
    public void Every_changed_bit_is_noticed()
    {
        var token = SessionToken.Create(Key, Claims);
        for (var bit = 0; bit < token.Length * 8; bit++)
        {
            var changed = token.ToArray();
            changed[bit / 8] ^= (byte)(1 << (bit % 8));
            Assert.NotEqual(TokenVerdict.Valid, SessionToken.TryVerify(PublicKey, changed, Now, out var stated));
            Assert.Equal(default, stated);
        }
    }

    [Fact]
    public void Another_key_is_noticed()
    {
        var other = SessionToken.PublicKeyOf(SessionToken.CreateKey());
        Assert.Equal(TokenVerdict.BadSignature, SessionToken.TryVerify(other, SessionToken.Create(Key, Claims), Now, out _));
    }

    [Fact]
    public void Random_bytes_are_no_token() => Gen.Byte.Array[0, 200].Sample(
        bytes => SessionToken.TryVerify(PublicKey, bytes, Now, out _) is TokenVerdict.Malformed or TokenVerdict.BadSignature, iter: 20_000);

    [Fact]
    public void A_token_ends_at_its_expiry()
    {
        var token = SessionToken.Create(Key, Claims);
        Assert.Equal(TokenVerdict.Expired, SessionToken.TryVerify(PublicKey, token, Now.AddMilliseconds(1), out var stated));
        Assert.Equal(Claims, stated);
    }

    [Fact]
    public void A_public_key_signs_nothing() =>
        Assert.ThrowsAny<System.Security.Cryptography.CryptographicException>(() => SessionToken.Create(PublicKey, Claims));

    [Fact]
    public void Only_nodes_have_no_volume()
    {
        var node = new SessionClaims(new SessionId(3), default, TokenAccess.Node, Claims.ExpiresUnixMs);
        Assert.Equal(TokenVerdict.Valid, SessionToken.TryVerify(PublicKey, SessionToken.Create(Key, node), Now, out _));
        Assert.Throws<ArgumentException>(() => SessionToken.Create(Key, Claims with { Volume = default }));
        Assert.Throws<ArgumentException>(() => SessionToken.Create(Key, Claims with { Session = default }));
        Assert.Throws<ArgumentException>(() => SessionToken.Create(Key, Claims with { Access = (TokenAccess)9 }));
        Assert.Throws<ArgumentException>(() => SessionToken.Create(Key, node with { Volume = new VolumeId(1) }));
    }
}
