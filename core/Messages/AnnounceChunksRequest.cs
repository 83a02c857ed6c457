using SealFs.Core.Wire;

namespace SealFs.Core.Messages;

/// <summary>
/// To the inode's shard, before a client makes chunks behind the size that this shard knows: so that they are removed with the file, or with its next truncation, whatever becomes of the client. Answer: AttributesReply.
/// <code>
///   0 u64 inode
///   8 u64 end bytes
/// </code>
/// </summary>
public readonly record struct AnnounceChunksRequest(InodeId Inode, ulong EndBytes) : IWireMessage<AnnounceChunksRequest>
{
    public int Size => 16;

    public void Write(ref WireWriter writer)
    {
        writer.Inode(Inode);
        writer.U64(EndBytes);
    }

    public static bool TryRead(ref WireReader reader, out AnnounceChunksRequest message)
    {
        message = new AnnounceChunksRequest(reader.Inode(), reader.U64());
        return reader.Complete;
    }
}
