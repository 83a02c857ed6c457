using SealFs.Core.Wire;

namespace SealFs.Core.Messages;

/// <summary>
/// The source stops serving the shard, for good in this epoch. Asked again, it says the same. Answer: HandOverReply.
/// <code>
///   0 u64 attachment
///   8 u64 move id
/// </code>
/// </summary>
public readonly record struct HandOverRequest(ulong Attachment, ulong MoveId) : IWireMessage<HandOverRequest>
{
    public int Size => 16;

    public void Write(ref WireWriter writer)
    {
        writer.U64(Attachment);
        writer.U64(MoveId);
    }

    public static bool TryRead(ref WireReader reader, out HandOverRequest message)
    {
        message = new HandOverRequest(reader.U64(), reader.U64());
        return reader.Complete;
    }
}
