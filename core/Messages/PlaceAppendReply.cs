using SealFs.Core.Wire;

namespace SealFs.Core.Messages;

/// <summary>
/// Answer to PlaceAppend: where the bytes go. Outlived: the earlier place is still the session's, and the offset is the one that the client believed in.
/// <code>
///   0 u64 offset bytes
///   8 bool outlived
/// </code>
/// </summary>
public readonly record struct PlaceAppendReply(ulong OffsetBytes, bool HasOutlived = false) : IWireMessage<PlaceAppendReply>
{
    public int Size => 9;

    public void Write(ref WireWriter writer)
    {
        writer.U64(OffsetBytes);
        writer.Bool(HasOutlived);
    }

    public static bool TryRead(ref WireReader reader, out PlaceAppendReply message)
    {
        message = new PlaceAppendReply(reader.U64(), reader.Bool());
        return reader.Complete;
    }
}
