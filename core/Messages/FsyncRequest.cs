using SealFs.Core.Wire;

namespace SealFs.Core.Messages;

/// <summary>
/// Everything acknowledged for this inode on the addressed node reaches stable storage before the answer. DataOnly as in fdatasync(2).
/// <code>
///   0 u64 inode
///   8 u8 (0 or 1) data only
/// </code>
/// </summary>
public readonly record struct FsyncRequest(InodeId Inode, bool DataOnly) : IWireMessage<FsyncRequest>
{
    public int Size => 9;

    public void Write(ref WireWriter writer)
    {
        writer.Inode(Inode);
        writer.Bool(DataOnly);
    }

    public static bool TryRead(ref WireReader reader, out FsyncRequest message)
    {
        message = new FsyncRequest(reader.Inode(), reader.Bool());
        return reader.Complete;
    }
}
