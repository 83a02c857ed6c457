using SealFs.Core.Wire;

namespace SealFs.Core.Messages;

/// <summary>
/// Allocates, punches or zeroes a range within one chunk (fallocate(2)). The size is changed by CommitWrite. Blocks: only of Release, which looks at whole blocks. Answer: ChunkRangeReply.
/// <code>
///   0 u64 inode
///   8 u64 chunk
///  16 u8 ChunkRangeOperation operation
///  17 u32 offset bytes
///  21 u32 length bytes
///  25 u64 blocks
/// </code>
/// </summary>
public readonly record struct ChunkRangeRequest(InodeId Inode, ChunkIndex Chunk, ChunkRangeOperation Operation, uint OffsetBytes, uint LengthBytes, ulong Blocks = 0) : IWireMessage<ChunkRangeRequest>
{
    public int Size => 33;

    public void Write(ref WireWriter writer)
    {
        writer.Inode(Inode);
        writer.U64(Chunk.Value);
        writer.U8((byte)Operation);
        writer.U32(OffsetBytes);
        writer.U32(LengthBytes);
        writer.U64(Blocks);
    }

    public static bool TryRead(ref WireReader reader, out ChunkRangeRequest message)
    {
        message = new ChunkRangeRequest(reader.Inode(), new ChunkIndex(reader.U64()), (ChunkRangeOperation)reader.U8(), reader.U32(), reader.U32(), reader.U64());
        return reader.Complete;
    }
}
