using SealFs.Core.Wire;

namespace SealFs.Core.Messages;

/// <summary>
/// After chunks were written: raises the size to at least this and sets the times. Answer: AttributesReply.
/// <code>
///   0 u64 inode
///   8 u64 size at least bytes
///  16 i64 modify time ns
///  24 u8 WriteFlags flags
/// </code>
/// </summary>
public readonly record struct CommitWriteRequest(InodeId Inode, ulong SizeAtLeastBytes, long ModifyTimeNs, WriteFlags Flags) : IWireMessage<CommitWriteRequest>
{
    public int Size => 25;

    public void Write(ref WireWriter writer)
    {
        writer.Inode(Inode);
        writer.U64(SizeAtLeastBytes);
        writer.I64(ModifyTimeNs);
        writer.U8((byte)Flags);
    }

    public static bool TryRead(ref WireReader reader, out CommitWriteRequest message)
    {
        message = new CommitWriteRequest(reader.Inode(), reader.U64(), reader.I64(), (WriteFlags)reader.U8());
        return reader.Complete;
    }
}
