using SealFs.Core.Wire;

namespace SealFs.Core.Messages;

/// <summary>
/// Answer to Write. With Commit the attributes after the write come along. AllocatedDelta: by how much the space that a chunk above 0
/// takes has changed; the client tells the sum to the inode's shard with its next CommitWrite, since that shard does not see those chunks. Synced: the answer to a
/// Write with Sync, from a server that knows it; of another the client asks an Fsync. Pending: of a chunk above 0, whose record has changed and may not be on stable storage; the size is committed after an Fsync
/// with LogOnly. Cuts: of a chunk above 0, the number of cuts of the file that the write comes after (ReserveChunksReply). Elsewhere: of appended bytes, which were
/// not written, because they do not go where the client believed.
/// <code>0 u8 bits: 1 has attributes, 2 synced, 4 pending, 8 elsewhere   1 i32 allocated delta bytes   5 u32 cuts   9 88 bytes attributes, when it has them</code>
/// </summary>
public readonly record struct WriteReply(bool HasAttributes, InodeAttributes Attributes, int AllocatedDeltaBytes = 0, bool IsSynced = false, bool IsPending = false, uint Cuts = 0, bool IsElsewhere = false)
    : IWireMessage<WriteReply>
{
    private const byte AttributesBit = 1;
    private const byte SyncedBit = 2;
    private const byte PendingBit = 4;
    private const byte ElsewhereBit = 8;

    public int Size => 9 + (HasAttributes ? InodeAttributes.WireSize : 0);

    public void Write(ref WireWriter writer)
    {
        writer.U8((byte)((HasAttributes ? AttributesBit : 0) | (IsSynced ? SyncedBit : 0) | (IsPending ? PendingBit : 0) | (IsElsewhere ? ElsewhereBit : 0)));
        writer.I32(AllocatedDeltaBytes);
        writer.U32(Cuts);
        if (HasAttributes)
            Attributes.Write(ref writer);
    }

    public static bool TryRead(ref WireReader reader, out WriteReply message)
    {
        var bits = reader.U8();
        var hasAttributes = (bits & AttributesBit) != 0;
        var delta = reader.I32();
        var cuts = reader.U32();
        var attributes = hasAttributes ? InodeAttributes.Read(ref reader) : default;
        message = new WriteReply(hasAttributes, attributes, delta, (bits & SyncedBit) != 0, (bits & PendingBit) != 0, cuts, (bits & ElsewhereBit) != 0);
        return reader.Complete && (bits & ~(AttributesBit | SyncedBit | PendingBit | ElsewhereBit)) == 0;
    }
}
