using System.Security.Cryptography;
using Google.Protobuf;
using SealFs.Core.Control.V1;
using SealFs.Core.Messages;
using SealFs.Core.Placement;
using SealFs.Core.Tokens;
using SealFs.Core.Wire;

namespace SealFs.Core.Control;

/// <summary>
/// All that a client needs to start serving: session, token, volume and map. It goes to bytes and back, so that the worker that replaces another serves
/// at once, under the same session, without asking any manager first.
/// </summary>
/// <param name="Id">The session.</param>
/// <param name="Token">Shown to storage nodes.</param>
/// <param name="TokenExpiresUnixMs">Renewing the session brings a fresh token long before this.</param>
/// <param name="Lease">How long the session lives without being renewed.</param>
/// <param name="ReadOnly">What the token allows.</param>
/// <param name="Volume">The volume as it was when the session was opened or renewed last.</param>
/// <param name="Map">A map to start with.</param>
public sealed record ClientSession(
    SessionId Id, ReadOnlyMemory<byte> Token, long TokenExpiresUnixMs, TimeSpan Lease, bool ReadOnly, VolumeInfo Volume, ClusterMap Map)
{
    public VolumeId VolumeId => new(Volume.Id);

    public InodeId Root => new(Volume.RootInode);

    /// <summary>The key that the token names; null where it names none.</summary>
    public BearerKey? Key { get; init; }

    /// <summary>Writes the Hello of a connection to a storage node, with the node's challenge signed when there is one; returns its length.</summary>
    public int WriteHello(Span<byte> body, ConnectionAttempt attempt, PeerRole role, ushort generation, ReadOnlySpan<byte> challenge)
    {
        var hello = new HelloRequest
        {
            ProtocolVersion = FrameHeader.CurrentVersion,
            Attempt = attempt,
            Role = role,
            Generation = generation,
            Session = Id,
            Token = Token.Span,
            Key = Key is null ? [] : Key.PublicKey,
            Proof = Key is null || challenge.IsEmpty ? [] : Key.Sign(BearerStatement.Hello, Id, challenge),
        };
        var writer = new WireWriter(body);
        hello.Write(ref writer);
        return writer.Position;
    }

    /// <returns>The session, or null when the message contradicts itself.</returns>
    /// <exception cref="CryptographicException">The key in it is none.</exception>
    public static ClientSession? FromProto(OpenSessionResponse message)
    {
        if (message.SessionId == 0 || message.Volume is null || message.Map is null || ClusterMapCodec.FromProto(message.Map) is not { IsBuilt: true } map)
            return null;
        return new(
            new SessionId(message.SessionId),
            message.Token.Memory,
            message.TokenExpiresUnixMs,
            TimeSpan.FromMilliseconds(message.LeaseMs),
            message.ReadOnly,
            message.Volume,
            map)
        {
            Key = message.PrivateKey.IsEmpty ? null : BearerKey.FromPrivate(message.PrivateKey.Span),
        };
    }

    public byte[] ToBytes() => new OpenSessionResponse
    {
        SessionId = Id.Value,
        Token = ByteString.CopyFrom(Token.Span),
        TokenExpiresUnixMs = TokenExpiresUnixMs,
        LeaseMs = (ulong)Lease.TotalMilliseconds,
        ReadOnly = ReadOnly,
        Volume = Volume,
        Map = ClusterMapCodec.ToProto(Map),
        PrivateKey = Key is null ? ByteString.Empty : ByteString.CopyFrom(Key.PrivateKey),
    }.ToByteArray();

    /// <returns>The session, or null when the bytes are not one.</returns>
    public static ClientSession? FromBytes(ReadOnlySpan<byte> bytes)
    {
        try
        {
            return FromProto(OpenSessionResponse.Parser.ParseFrom(bytes));
        }
        catch (Exception problem) when (problem is InvalidProtocolBufferException or CryptographicException)
        {
            return null;
        }
    }
}
