using SealFs.Core.Wire;

namespace SealFs.Core.Messages;

/// <summary>
/// Any request that names an inode alone: GetAttr, ReadLink, ListXattr.
/// <code>
///   0 u64 inode
/// </code>
/// </summary>
public readonly record struct InodeRequest(InodeId Inode) : IWireMessage<InodeRequest>
{
    public int Size => 8;

    public void Write(ref WireWriter writer)
    {
        writer.Inode(Inode);
    }

    public static bool TryRead(ref WireReader reader, out InodeRequest message)
    {
        message = new InodeRequest(reader.Inode());
        return reader.Complete;
    }
}
