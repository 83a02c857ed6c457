using SealFs.Core.Wire;

namespace SealFs.Core.Messages;

/// <summary>
/// First frame of a connection. Carries the token that the manager signed; storage nodes among themselves use role Node. A token that names a key is answered with ProofRequired and a challenge
/// (<see cref="HelloChallenge"/>), and Hello comes again with the challenge signed.
/// <code>
///   0 u16 protocol version
///   2 u8 PeerRole role
///   3 u16 generation
///   5 u64 session
///  13 u64 lineage of the connection
///  21 u32 number of the connection in its lineage
///  25 u16 length + bytes token
///     u16 length + bytes public key of the bearer; empty where the token names none
///     u16 length + bytes signature of the node's challenge (BearerKey); empty in the first Hello of a connection
/// </code>
/// </summary>
public readonly ref struct HelloRequest : IWireMessage<HelloRequest>
{
    public ushort ProtocolVersion { get; init; }

    public PeerRole Role { get; init; }

    public ushort Generation { get; init; }

    public SessionId Session { get; init; }

    public ConnectionAttempt Attempt { get; init; }

    public ReadOnlySpan<byte> Token { get; init; }

    public ReadOnlySpan<byte> Key { get; init; }

    public ReadOnlySpan<byte> Proof { get; init; }

    public int Size => 31 + Token.Length + Key.Length + Proof.Length;

    public void Write(ref WireWriter writer)
    {
        writer.U16(ProtocolVersion);
        writer.U8((byte)Role);
        writer.U16(Generation);
        writer.U64(Session.Value);
        writer.U64(Attempt.Lineage);
        writer.U32(Attempt.Number);
        writer.Bytes16(Token);
        writer.Bytes16(Key);
        writer.Bytes16(Proof);
    }

    public static bool TryRead(ref WireReader reader, out HelloRequest message)
    {
        message = new HelloRequest
        {
            ProtocolVersion = reader.U16(),
            Role = (PeerRole)reader.U8(),
            Generation = reader.U16(),
            Session = new SessionId(reader.U64()),
            Attempt = new ConnectionAttempt(reader.U64(), reader.U32()),
            Token = reader.Bytes16(),
            Key = reader.Bytes16(),
            Proof = reader.Bytes16(),
        };
        return reader.Complete;
    }
}
