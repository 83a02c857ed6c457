using SealFs.Core.Wire;

namespace SealFs.Core.Messages;

/// <summary>
/// That a session has an inode of a shard open that is handed over, since the open with this stamp.
/// <code>0 u64 inode   8 u64 session   16 u64 stamp</code>
/// </summary>
public readonly record struct HandedReference(InodeId Inode, SessionId Session, ulong Stamp)
{
    public const int WireSize = 24;

    public void Write(ref WireWriter writer)
    {
        writer.Inode(Inode);
        writer.U64(Session.Value);
        writer.U64(Stamp);
    }

    public static HandedReference Read(ref WireReader reader) => new(reader.Inode(), new SessionId(reader.U64()), reader.U64());
}
