using SealFs.Core.Wire;

namespace SealFs.Core.Messages;

/// <summary>
/// A further name for a file. Addressed to the shard of the new dentry. Answer: EntryReply.
/// <code>
///   0 u64 inode
///   8 u64 directory
///  16 u32 partition
///  20 u16 length + bytes name
/// </code>
/// </summary>
public readonly ref struct LinkRequest : IWireMessage<LinkRequest>
{
    public InodeId Inode { get; init; }

    public InodeId Directory { get; init; }

    public PartitionIndex Partition { get; init; }

    public ReadOnlySpan<byte> Name { get; init; }

    public int Size => 22 + Name.Length;

    public void Write(ref WireWriter writer)
    {
        writer.Inode(Inode);
        writer.Inode(Directory);
        writer.U32(Partition.Value);
        writer.Bytes16(Name);
    }

    public static bool TryRead(ref WireReader reader, out LinkRequest message)
    {
        message = new LinkRequest
        {
            Inode = reader.Inode(),
            Directory = reader.Inode(),
            Partition = new PartitionIndex(reader.U32()),
            Name = reader.Bytes16(),
        };
        return reader.Complete && FileName.IsValid(message.Name);
    }
}
