using SealFs.Core.Wire;

namespace SealFs.Core.Messages;

/// <summary>
/// Between nodes, to the inode's shard: a node is about to make a chunk above 0 of a file that it has no reservation for. The answer comes when the reservation is on stable storage: whoever
/// cuts or removes the file looks for chunks below it and nowhere else. It waits for a cut that is under way. Answer: ReserveChunksReply.
/// <code>
///   0 u64 inode
///   8 u64 chunk
/// </code>
/// </summary>
public readonly record struct ReserveChunksRequest(InodeId Inode, ChunkIndex Chunk) : IWireMessage<ReserveChunksRequest>
{
    public int Size => 16;

    public void Write(ref WireWriter writer)
    {
        writer.Inode(Inode);
        writer.U64(Chunk.Value);
    }

    public static bool TryRead(ref WireReader reader, out ReserveChunksRequest message)
    {
        message = new ReserveChunksRequest(reader.Inode(), new ChunkIndex(reader.U64()));
        return reader.Complete;
    }
}
