using SealFs.Core.Wire;

namespace SealFs.Core.Messages;

/// <summary>
/// After chunks were written: raises the size to at least this and sets the times. AllocatedDelta: sum of what the answers to writes of chunks above 0
/// said since the last one. Answer: AttributesReply.
/// <code>
///   0 u64 inode
///   8 u64 size at least bytes
///  16 i64 modify time ns
///  24 u8 WriteFlags flags
///  25 i64 allocated delta bytes
/// </code>
/// </summary>
public readonly record struct CommitWriteRequest(InodeId Inode, ulong SizeAtLeastBytes, long ModifyTimeNs, WriteFlags Flags, long AllocatedDeltaBytes = 0) : IWireMessage<CommitWriteRequest>
{
    public int Size => 33;

    public void Write(ref WireWriter writer)
    {
        writer.Inode(Inode);
        writer.U64(SizeAtLeastBytes);
        writer.I64(ModifyTimeNs);
        writer.U8((byte)Flags);
        writer.I64(AllocatedDeltaBytes);
    }

    public static bool TryRead(ref WireReader reader, out CommitWriteRequest message)
    {
        message = new CommitWriteRequest(reader.Inode(), reader.U64(), reader.I64(), (WriteFlags)reader.U8(), reader.I64());
        return reader.Complete;
    }
}
