using SealFs.Core.Wire;

namespace SealFs.Core.Messages;

/// <summary>
/// Between nodes: removes an inode's chunks from First to Last that live in the addressed shard; of First, when KeepBytes is not 0, that much stays. May be repeated.
/// One that comes late, from a node that does not serve the inode's shard any more, is refused with ESTALE: what it would remove may have been written anew.
/// With OnlyRevokes nothing is removed: the node asks the inode's shard again before it makes another chunk of the inode. Answer: PurgeChunksReply.
/// <code>
///   0 u64 inode
///   8 u64 first chunk
///  16 u64 last chunk
///  24 u32 keep bytes
///  28 u32 epoch in which the sender serves the inode's shard
///  32 u8 (0 or 1) only revokes
/// </code>
/// </summary>
public readonly record struct PurgeChunksRequest(InodeId Inode, ChunkIndex First, ChunkIndex Last, uint KeepBytes, Epoch Epoch, bool OnlyRevokes = false) : IWireMessage<PurgeChunksRequest>
{
    public int Size => 33;

    public void Write(ref WireWriter writer)
    {
        writer.Inode(Inode);
        writer.U64(First.Value);
        writer.U64(Last.Value);
        writer.U32(KeepBytes);
        writer.U32(Epoch.Value);
        writer.Bool(OnlyRevokes);
    }

    public static bool TryRead(ref WireReader reader, out PurgeChunksRequest message)
    {
        message = new PurgeChunksRequest(reader.Inode(), new ChunkIndex(reader.U64()), new ChunkIndex(reader.U64()), reader.U32(), new Epoch(reader.U32()), reader.Bool());
        return reader.Complete && message.First <= message.Last;
    }
}
