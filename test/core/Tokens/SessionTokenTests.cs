using CsCheck;
using SealFs.Core.Tokens;
using Xunit;

namespace SealFs.Core.Tests.Tokens;

public sealed class SessionTokenTests
{
    private static readonly byte[] Key = [.. Enumerable.Range(0, SessionToken.KeyBytes).Select(index => (byte)index)];
    private static readonly DateTimeOffset Now = DateTimeOffset.FromUnixTimeMilliseconds(1_800_000_000_000);
    private static readonly SessionClaims Claims =
        new(new SessionId(0x1122334455667788), new VolumeId(7), TokenAccess.ReadWrite, Now.ToUnixTimeMilliseconds() + 1);

    [Fact]
    public void Claims_survive() => Gen.Select(Gen.ULong[1, ulong.MaxValue], Gen.UInt[1, uint.MaxValue], Gen.Bool, Gen.Long[1, 1L << 50]).Sample(
        (session, volume, readOnly, lifetimeMs) =>
        {
            var access = readOnly ? TokenAccess.ReadOnly : TokenAccess.ReadWrite;
            var claims = new SessionClaims(new SessionId(session), new VolumeId(volume), access, Now.ToUnixTimeMilliseconds() + lifetimeMs);
            var token = SessionToken.Create(Key, claims);
            Assert.True(token.Length <= SessionToken.MaxSizeBytes);
            Assert.Equal(TokenVerdict.Valid, SessionToken.TryVerify(Key, token, Now, out var stated));
            Assert.Equal(claims, stated);
        });

    [Fact]
    public void The_layout_is_pinned() => Assert.Equal(
        "0101000007000000887766554433221101505C18A3010000",
        Convert.ToHexString(SessionToken.Create(Key, Claims)[..24]));

    [Fact]
    public void Every_changed_bit_is_noticed()
    {
        var token = SessionToken.Create(Key, Claims);
        for (var bit = 0; bit < token.Length * 8; bit++)
        {
            var changed = token.ToArray();
            changed[bit / 8] ^= (byte)(1 << (bit % 8));
            Assert.NotEqual(TokenVerdict.Valid, SessionToken.TryVerify(Key, changed, Now, out var stated));
            Assert.Equal(default, stated);
        }
    }

    [Fact]
    public void Another_key_is_noticed()
    {
        var other = Key.ToArray();
        other[31] ^= 1;
        Assert.Equal(TokenVerdict.BadSignature, SessionToken.TryVerify(other, SessionToken.Create(Key, Claims), Now, out _));
    }

    [Fact]
    public void Random_bytes_are_no_token() => Gen.Byte.Array[0, 200].Sample(
        bytes => SessionToken.TryVerify(Key, bytes, Now, out _) is TokenVerdict.Malformed or TokenVerdict.BadSignature, iter: 20_000);

    [Fact]
    public void A_token_ends_at_its_expiry()
    {
        var token = SessionToken.Create(Key, Claims);
        Assert.Equal(TokenVerdict.Expired, SessionToken.TryVerify(Key, token, Now.AddMilliseconds(1), out var stated));
        Assert.Equal(Claims, stated);
    }

    [Fact]
    public void Only_nodes_have_no_volume()
    {
        var node = new SessionClaims(new SessionId(3), default, TokenAccess.Node, Claims.ExpiresUnixMs);
        Assert.Equal(TokenVerdict.Valid, SessionToken.TryVerify(Key, SessionToken.Create(Key, node), Now, out _));
        Assert.Throws<ArgumentException>(() => SessionToken.Create(Key, Claims with { Volume = default }));
        Assert.Throws<ArgumentException>(() => SessionToken.Create(Key, Claims with { Session = default }));
        Assert.Throws<ArgumentException>(() => SessionToken.Create(Key, Claims with { Access = (TokenAccess)9 }));
        Assert.Throws<ArgumentException>(() => SessionToken.Create(Key, node with { Volume = new VolumeId(1) }));
    }
}
