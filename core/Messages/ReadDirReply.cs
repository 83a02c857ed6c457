using SealFs.Core.Wire;

namespace SealFs.Core.Messages;

/// <summary>
/// The payload holds Count entries (see DirectoryEntry), of which the first Attributed bring attributes where they can. End: nothing follows in this partition.
/// Depth: of this partition now.
/// <code>
///   0 u8 (0 or 1) end
///   1 u8 depth
///   2 u32 count
///   6 u32 attributed
/// </code>
/// </summary>
public readonly record struct ReadDirReply(bool End, byte Depth, uint Count, uint Attributed) : IWireMessage<ReadDirReply>
{
    public int Size => 10;

    public void Write(ref WireWriter writer)
    {
        writer.Bool(End);
        writer.U8(Depth);
        writer.U32(Count);
        writer.U32(Attributed);
    }

    public static bool TryRead(ref WireReader reader, out ReadDirReply message)
    {
        message = new ReadDirReply(reader.Bool(), reader.U8(), reader.U32(), reader.U32());
        return reader.Complete;
    }
}
