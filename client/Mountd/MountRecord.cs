using Google.Protobuf;
using SealFs.Client.Mountd.V1;
using SealFs.Core.Control;
using SealFs.Fuse;

namespace SealFs.Client.Mountd;

/// <summary>What a mount is made of, beside its descriptors, in the form in which it lives with another process.</summary>
internal sealed record MountRecord(Guid Id, MountOptions Options, ClientSession Session, FuseNegotiated Negotiated, ushort Generation, long ArenaBytes, uint ConnectionId)
{
    public Record ToMessage() => new()
    {
        Id = ByteString.CopyFrom(Id.ToByteArray()),
        Options = OptionsMessage.Of(Options),
        Session = ByteString.CopyFrom(Session.ToBytes()),
        Negotiated = ByteString.CopyFrom(Negotiated.ToBytes()),
        Generation = Generation,
        ArenaBytes = ArenaBytes,
        ConnectionId = ConnectionId,
    };

    /// <exception cref="InvalidDataException">It contradicts itself.</exception>
    public static MountRecord Of(Record? message)
    {
        if (message?.Options is null || message.Id.Length != 16 || message.Generation > ushort.MaxValue || message.ArenaBytes <= 0)
            throw new InvalidDataException("The record of a mount is damaged.");
        return new MountRecord(
            IdOf(message.Id),
            OptionsMessage.ToOptions(message.Options),
            ClientSession.FromBytes(message.Session.Span) ?? throw new InvalidDataException("The session of a mount is damaged."),
            FuseNegotiated.FromBytes(message.Negotiated.Span),
            (ushort)message.Generation,
            message.ArenaBytes,
            message.ConnectionId);
    }

    public static Guid IdOf(ByteString bytes) => bytes.Length == 16 ? new Guid(bytes.Span) : throw new InvalidDataException("The id of a mount is damaged.");
}
