using SealFs.Core.Wire;

namespace SealFs.Core.Messages;

/// <summary>
/// That a session has an inode open since the open with this stamp. Close, ListOpen (answer) and ReassertOpen carry any number of these as payload, and
/// are addressed to a node, not to a shard. A close takes effect only while the registered stamp is not newer.
/// <code>0 u64 inode   8 u64 stamp</code>
/// </summary>
public readonly record struct OpenReference(InodeId Inode, ulong Stamp)
{
    public const int WireSize = 16;

    public void Write(ref WireWriter writer)
    {
        writer.Inode(Inode);
        writer.U64(Stamp);
    }

    public static OpenReference Read(ref WireReader reader) => new(reader.Inode(), reader.U64());
}
