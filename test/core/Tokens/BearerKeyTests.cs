using System.Security.Cryptography;
using SealFs.Core.Tokens;
using Xunit;

namespace SealFs.Core.Tests.Tokens;

public sealed class BearerKeyTests
{
    private static readonly byte[] Challenge = [.. Enumerable.Range(0, BearerKey.ChallengeBytes).Select(index => (byte)index)];

    private readonly BearerKey _key = BearerKey.Create();

    [Fact]
    public void A_signature_is_good_for_one_statement_session_and_challenge()
    {
        var session = new SessionId(7);
        var signature = _key.Sign(BearerStatement.Hello, session, Challenge);
        Assert.True(BearerKey.IsSigned(_key.PublicKey, BearerStatement.Hello, session, Challenge, signature));
        Assert.False(BearerKey.IsSigned(_key.PublicKey, BearerStatement.Renew, session, Challenge, signature));
        Assert.False(BearerKey.IsSigned(_key.PublicKey, BearerStatement.Hello, new SessionId(8), Challenge, signature));
        Assert.False(BearerKey.IsSigned(_key.PublicKey, BearerStatement.Hello, session, RandomNumberGenerator.GetBytes(BearerKey.ChallengeBytes), signature));
        Assert.False(BearerKey.IsSigned(_key.PublicKey, BearerStatement.Hello, session, [], signature));
        Assert.False(BearerKey.IsSigned(BearerKey.Create().PublicKey, BearerStatement.Hello, session, Challenge, signature));
    }

    [Fact]
    public void A_successor_signs_with_the_same_key()
    {
        var copy = BearerKey.FromPrivate(_key.PrivateKey);
        Assert.Equal(_key.PublicKey, copy.PublicKey);
        Assert.True(BearerKey.IsSigned(_key.PublicKey, BearerStatement.Close, new SessionId(1), [], copy.Sign(BearerStatement.Close, new SessionId(1))));
    }

    [Fact]
    public void What_is_no_key_or_no_signature_proves_nothing()
    {
        Assert.False(BearerKey.IsSigned([1, 2, 3], BearerStatement.Hello, new SessionId(1), Challenge, new byte[BearerKey.SignatureBytes]));
        Assert.False(BearerKey.IsSigned(_key.PublicKey, BearerStatement.Hello, new SessionId(1), Challenge, []));
        Assert.False(BearerKey.IsSigned(new byte[10_000], BearerStatement.Hello, new SessionId(1), Challenge, new byte[BearerKey.SignatureBytes]));
        Assert.ThrowsAny<CryptographicException>(() => BearerKey.FromPrivate([1, 2, 3]));
    }
}
