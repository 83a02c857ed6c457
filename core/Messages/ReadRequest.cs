using SealFs.Core.Wire;

namespace SealFs.Core.Messages;

/// <summary>
/// Bytes of one chunk (chunk 0 also of an inline file). Answer: the payload, shorter than asked where the chunk ends; what is missing below the file's size reads as zeros.
/// <code>
///   0 u64 inode
///   8 u64 chunk
///  16 u32 offset bytes
///  20 u32 length bytes
/// </code>
/// </summary>
public readonly record struct ReadRequest(InodeId Inode, ChunkIndex Chunk, uint OffsetBytes, uint LengthBytes) : IWireMessage<ReadRequest>
{
    public int Size => 24;

    public void Write(ref WireWriter writer)
    {
        writer.Inode(Inode);
        writer.U64(Chunk.Value);
        writer.U32(OffsetBytes);
        writer.U32(LengthBytes);
    }

    public static bool TryRead(ref WireReader reader, out ReadRequest message)
    {
        message = new ReadRequest(reader.Inode(), new ChunkIndex(reader.U64()), reader.U32(), reader.U32());
        return reader.Complete;
    }
}
