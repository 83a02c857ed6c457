using SealFs.Core.Wire;

namespace SealFs.Core.Messages;

/// <summary>
/// After chunks were written: raises the size to at least this and sets the times. AllocatedDelta: sum of what the answers to writes of chunks above 0
/// said since the last one. Cuts: what they said of the file's cuts; when it was cut since, what was written is gone, and the size stays. 0xFFFFFFFF: nothing was written to such chunks. Answer: AttributesReply.
/// <code>
///   0 u64 inode
///   8 u64 size at least bytes
///  16 i64 modify time ns
///  24 u8 WriteFlags flags
///  25 i64 allocated delta bytes
///  33 u32 cuts
/// </code>
/// </summary>
public readonly record struct CommitWriteRequest(InodeId Inode, ulong SizeAtLeastBytes, long ModifyTimeNs, WriteFlags Flags, long AllocatedDeltaBytes = 0, uint Cuts = CommitWriteRequest.NoCuts)
    : IWireMessage<CommitWriteRequest>
{
    public const uint NoCuts = uint.MaxValue;

    public int Size => 37;

    public void Write(ref WireWriter writer)
    {
        writer.Inode(Inode);
        writer.U64(SizeAtLeastBytes);
        writer.I64(ModifyTimeNs);
        writer.U8((byte)Flags);
        writer.I64(AllocatedDeltaBytes);
        writer.U32(Cuts);
    }

    public static bool TryRead(ref WireReader reader, out CommitWriteRequest message)
    {
        message = new CommitWriteRequest(reader.Inode(), reader.U64(), reader.I64(), (WriteFlags)reader.U8(), reader.I64(), reader.U32());
        return reader.Complete;
    }
}
