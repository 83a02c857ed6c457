using SealFs.Core.Wire;

namespace SealFs.Core.Messages;

/// <summary>
/// Answer to PlaceAppend: where the bytes go.
/// <code>
///   0 u64 offset bytes
/// </code>
/// </summary>
public readonly record struct PlaceAppendReply(ulong OffsetBytes) : IWireMessage<PlaceAppendReply>
{
    public int Size => 8;

    public void Write(ref WireWriter writer) => writer.U64(OffsetBytes);

    public static bool TryRead(ref WireReader reader, out PlaceAppendReply message)
    {
        message = new PlaceAppendReply(reader.U64());
        return reader.Complete;
    }
}
