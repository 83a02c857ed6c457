using SealFs.Core.Tokens;
using SealFs.Core.Wire;

namespace SealFs.Core.Messages;

/// <summary>
/// The body of an answer with the status ProofRequired: what the bearer of the token has to sign. Random, for one connection.
/// <code>
///   0 32 bytes challenge
/// </code>
/// </summary>
public readonly ref struct HelloChallenge : IWireMessage<HelloChallenge>
{
    public ReadOnlySpan<byte> Challenge { get; init; }

    public int Size => BearerKey.ChallengeBytes;

    public void Write(ref WireWriter writer) => writer.Raw(Challenge);

    public static bool TryRead(ref WireReader reader, out HelloChallenge message)
    {
        message = new HelloChallenge { Challenge = reader.Raw(BearerKey.ChallengeBytes) };
        return reader.Complete;
    }
}
