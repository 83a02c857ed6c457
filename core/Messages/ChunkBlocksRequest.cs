using SealFs.Core.Wire;

namespace SealFs.Core.Messages;

/// <summary>
/// Blocks of a chunk, at most 16 of them, for a learner. Answer: ChunkBlocksReply.
/// <code>
///   0 u64 attachment
///   8 u64 inode
///  16 u64 chunk
///  24 u64 blocks
/// </code>
/// </summary>
public readonly record struct ChunkBlocksRequest(ulong Attachment, InodeId Inode, ChunkIndex Chunk, ulong Blocks) : IWireMessage<ChunkBlocksRequest>
{
    public int Size => 32;

    public void Write(ref WireWriter writer)
    {
        writer.U64(Attachment);
        writer.U64(Inode.Value);
        writer.U64(Chunk.Value);
        writer.U64(Blocks);
    }

    public static bool TryRead(ref WireReader reader, out ChunkBlocksRequest message)
    {
        message = new ChunkBlocksRequest(reader.U64(), new InodeId(reader.U64()), new ChunkIndex(reader.U64()), reader.U64());
        return reader.Complete;
    }
}
