using SealFs.Core.Wire;

namespace SealFs.Core.Messages;

/// <summary>
/// Between nodes: removes an inode's chunks from First to Last that live in the addressed shard; of First, when KeepBytes is not 0, that much stays. May be repeated. Answer: PurgeChunksReply.
/// <code>
///   0 u64 inode
///   8 u64 first chunk
///  16 u64 last chunk
///  24 u32 keep bytes
/// </code>
/// </summary>
public readonly record struct PurgeChunksRequest(InodeId Inode, ChunkIndex First, ChunkIndex Last, uint KeepBytes) : IWireMessage<PurgeChunksRequest>
{
    public int Size => 28;

    public void Write(ref WireWriter writer)
    {
        writer.Inode(Inode);
        writer.U64(First.Value);
        writer.U64(Last.Value);
        writer.U32(KeepBytes);
    }

    public static bool TryRead(ref WireReader reader, out PurgeChunksRequest message)
    {
        message = new PurgeChunksRequest(reader.Inode(), new ChunkIndex(reader.U64()), new ChunkIndex(reader.U64()), reader.U32());
        return reader.Complete && message.First <= message.Last;
    }
}
