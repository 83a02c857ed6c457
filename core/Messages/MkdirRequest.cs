using SealFs.Core.Wire;

namespace SealFs.Core.Messages;

/// <summary>
/// Makes a directory: its inode in the shard that hash(parent, name) names, its dentry here. Answer: EntryReply.
/// <code>
///   0 u64 directory
///   8 u32 partition
///  12 u32 mode
///  16 u32 uid
///  20 u32 gid
///  24 u16 length + bytes name
/// </code>
/// </summary>
public readonly ref struct MkdirRequest : IWireMessage<MkdirRequest>
{
    public InodeId Directory { get; init; }

    public PartitionIndex Partition { get; init; }

    public uint Mode { get; init; }

    public uint Uid { get; init; }

    public uint Gid { get; init; }

    public ReadOnlySpan<byte> Name { get; init; }

    public int Size => 26 + Name.Length;

    public void Write(ref WireWriter writer)
    {
        writer.Inode(Directory);
        writer.U32(Partition.Value);
        writer.U32(Mode);
        writer.U32(Uid);
        writer.U32(Gid);
        writer.Bytes16(Name);
    }

    public static bool TryRead(ref WireReader reader, out MkdirRequest message)
    {
        message = new MkdirRequest
        {
            Directory = reader.Inode(),
            Partition = new PartitionIndex(reader.U32()),
            Mode = reader.U32(),
            Uid = reader.U32(),
            Gid = reader.U32(),
            Name = reader.Bytes16(),
        };
        return reader.Complete && FileName.IsValid(message.Name);
    }
}
