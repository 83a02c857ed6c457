using SealFs.Core.Wire;

namespace SealFs.Core.Messages;

/// <summary>
/// Entries of one partition in order of position, from behind After. Flags: 1 attributes with every entry whose inode lives in the same shard; with 2 as well, not
/// of a large directory. Answer: ReadDirReply.
/// <code>
///   0 u64 directory
///   8 u32 partition
///  12 u64 after
///  20 u32 max bytes
///  24 u8 ReadDirFlags flags
/// </code>
/// </summary>
public readonly record struct ReadDirRequest(InodeId Directory, PartitionIndex Partition, ulong After, uint MaxBytes, ReadDirFlags Flags) : IWireMessage<ReadDirRequest>
{
    public int Size => 25;

    public void Write(ref WireWriter writer)
    {
        writer.Inode(Directory);
        writer.U32(Partition.Value);
        writer.U64(After);
        writer.U32(MaxBytes);
        writer.U8((byte)Flags);
    }

    public static bool TryRead(ref WireReader reader, out ReadDirRequest message)
    {
        message = new ReadDirRequest(reader.Inode(), new PartitionIndex(reader.U32()), reader.U64(), reader.U32(), (ReadDirFlags)reader.U8());
        return reader.Complete;
    }
}
