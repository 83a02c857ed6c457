using SealFs.Core.Wire;

namespace SealFs.Core.Messages;

/// <summary>
/// Which of the blocks the chunk has, and where its bytes end. Payload: for each of those blocks the CRC-32C of what is sent of it (u32), then the contents one behind the
/// other: 64 KiB, or what lies before the end. Damaged blocks disagree with the sum in the record, and are sent as they are. The generation is the
/// number of the chunk's file.
/// <code>
///   0 u8 (0 or 1) exists
///   1 u32 length bytes
///   5 u64 blocks
///  13 u64 damaged
///  21 u32 generation
/// </code>
/// </summary>
public readonly record struct ChunkBlocksReply(bool Exists, uint LengthBytes, ulong Blocks, ulong Damaged, uint Generation) : IWireMessage<ChunkBlocksReply>
{
    public int Size => 25;

    public void Write(ref WireWriter writer)
    {
        writer.Bool(Exists);
        writer.U32(LengthBytes);
        writer.U64(Blocks);
        writer.U64(Damaged);
        writer.U32(Generation);
    }

    public static bool TryRead(ref WireReader reader, out ChunkBlocksReply message)
    {
        message = new ChunkBlocksReply(reader.Bool(), reader.U32(), reader.U64(), reader.U64(), reader.U32());
        return reader.Complete;
    }
}
