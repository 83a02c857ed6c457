using SealFs.Core.Wire;

namespace SealFs.Core.Messages;

/// <summary>
/// Open references of a shard that was handed over. Answer: EmptyMessage; payload: HandedReference …, from the index on.
/// <code>
///   0 u64 attachment
///   8 u32 first index
/// </code>
/// </summary>
public readonly record struct HandedOverRequest(ulong Attachment, uint FirstIndex) : IWireMessage<HandedOverRequest>
{
    public int Size => 12;

    public void Write(ref WireWriter writer)
    {
        writer.U64(Attachment);
        writer.U32(FirstIndex);
    }

    public static bool TryRead(ref WireReader reader, out HandedOverRequest message)
    {
        message = new HandedOverRequest(reader.U64(), reader.U32());
        return reader.Complete;
    }
}
