using SealFs.Core.Wire;

namespace SealFs.Core.Messages;

/// <summary>
/// Changes those attributes that the mask names. A smaller size cuts the data, also that of other shards, before the answer. Answer: AttributesReply.
/// <code>
///   0 u64 inode
///   8 u32 SetAttrMask mask
///  12 u32 mode
///  16 u32 uid
///  20 u32 gid
///  24 u64 size bytes
///  32 i64 access time ns
///  40 i64 modify time ns
///  48 i64 change time ns
/// </code>
/// </summary>
public readonly record struct SetAttrRequest(InodeId Inode, SetAttrMask Mask, uint Mode, uint Uid, uint Gid, ulong SizeBytes, long AccessTimeNs, long ModifyTimeNs, long ChangeTimeNs) : IWireMessage<SetAttrRequest>
{
    public int Size => 56;

    public void Write(ref WireWriter writer)
    {
        writer.Inode(Inode);
        writer.U32((uint)Mask);
        writer.U32(Mode);
        writer.U32(Uid);
        writer.U32(Gid);
        writer.U64(SizeBytes);
        writer.I64(AccessTimeNs);
        writer.I64(ModifyTimeNs);
        writer.I64(ChangeTimeNs);
    }

    public static bool TryRead(ref WireReader reader, out SetAttrRequest message)
    {
        message = new SetAttrRequest(reader.Inode(), (SetAttrMask)reader.U32(), reader.U32(), reader.U32(), reader.U32(), reader.U64(), reader.I64(), reader.I64(), reader.I64());
        return reader.Complete;
    }
}
