using SealFs.Core.Wire;

namespace SealFs.Core.Messages;

/// <summary>
/// Which 64 KiB blocks of a chunk hold data. Answer: ChunkMapReply.
/// <code>
///   0 u64 inode
///   8 u64 chunk
/// </code>
/// </summary>
public readonly record struct ChunkMapRequest(InodeId Inode, ChunkIndex Chunk) : IWireMessage<ChunkMapRequest>
{
    public int Size => 16;

    public void Write(ref WireWriter writer)
    {
        writer.Inode(Inode);
        writer.U64(Chunk.Value);
    }

    public static bool TryRead(ref WireReader reader, out ChunkMapRequest message)
    {
        message = new ChunkMapRequest(reader.Inode(), new ChunkIndex(reader.U64()));
        return reader.Complete;
    }
}
