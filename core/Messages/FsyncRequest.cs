using SealFs.Core.Wire;

namespace SealFs.Core.Messages;

/// <summary>
/// Everything acknowledged for this inode on the addressed node reaches stable storage before the answer. DataOnly as in fdatasync(2).
/// LogOnly: the records of its chunks are enough, their bytes need not be: so the size that is committed next is not on stable storage before them.
/// <code>
///   0 u64 inode
///   8 u8 (0 or 1) data only
///   9 u8 (0 or 1) log only
/// </code>
/// </summary>
public readonly record struct FsyncRequest(InodeId Inode, bool DataOnly, bool LogOnly = false) : IWireMessage<FsyncRequest>
{
    public int Size => 10;

    public void Write(ref WireWriter writer)
    {
        writer.Inode(Inode);
        writer.Bool(DataOnly);
        writer.Bool(LogOnly);
    }

    public static bool TryRead(ref WireReader reader, out FsyncRequest message)
    {
        message = new FsyncRequest(reader.Inode(), reader.Bool(), reader.Bool());
        return reader.Complete;
    }
}
