using SealFs.Core.Wire;

namespace SealFs.Core.Messages;

/// <summary>
/// The payload goes to one chunk. With Commit (only where the chunk is 0) size and time are set in the same mutation. With Sync the answer comes when
/// everything that the node has of the inode is on stable storage. With Append (only together with Commit, and where there is a payload) the place is what the client believes in: where a PlaceAppend of this run would
/// have another answer, nothing is written, and the answer says so. Idempotent: not kept in the memory of answers. Answer: WriteReply.
/// <code>
///   0 u64 inode
///   8 u64 chunk
///  16 u32 offset bytes
///  20 u8 WriteFlags flags
///  21 u64 size at least bytes
///  29 i64 modify time ns
///  37 u64 run                     with Append
/// </code>
/// </summary>
public readonly record struct WriteRequest(InodeId Inode, ChunkIndex Chunk, uint OffsetBytes, WriteFlags Flags, ulong SizeAtLeastBytes, long ModifyTimeNs, ulong Run = 0) : IWireMessage<WriteRequest>
{
    public int Size => 37 + ((Flags & WriteFlags.Append) != 0 ? sizeof(ulong) : 0);

    public void Write(ref WireWriter writer)
    {
        writer.Inode(Inode);
        writer.U64(Chunk.Value);
        writer.U32(OffsetBytes);
        writer.U8((byte)Flags);
        writer.U64(SizeAtLeastBytes);
        writer.I64(ModifyTimeNs);
        if ((Flags & WriteFlags.Append) != 0)
            writer.U64(Run);
    }

    public static bool TryRead(ref WireReader reader, out WriteRequest message)
    {
        message = new WriteRequest(reader.Inode(), new ChunkIndex(reader.U64()), reader.U32(), (WriteFlags)reader.U8(), reader.U64(), reader.I64());
        if ((message.Flags & WriteFlags.Append) != 0)
            message = message with { Run = reader.U64() };
        return reader.Complete;
    }
}
