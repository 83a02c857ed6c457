using SealFs.Core.Wire;

namespace SealFs.Core.Messages;

/// <summary>
/// Chunks below this end may be made until the file is cut or removed. Cuts: the number that a chunk's file gets which comes into being now.
/// <code>
///   0 u64 end
///   8 u32 cuts
/// </code>
/// </summary>
public readonly record struct ReserveChunksReply(ulong End, uint Cuts) : IWireMessage<ReserveChunksReply>
{
    public int Size => 12;

    public void Write(ref WireWriter writer)
    {
        writer.U64(End);
        writer.U32(Cuts);
    }

    public static bool TryRead(ref WireReader reader, out ReserveChunksReply message)
    {
        message = new ReserveChunksReply(reader.U64(), reader.U32());
        return reader.Complete;
    }
}
