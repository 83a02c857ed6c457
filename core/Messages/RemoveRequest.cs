using SealFs.Core.Wire;

namespace SealFs.Core.Messages;

/// <summary>
/// Unlink and Rmdir. Answer: RemoveReply.
/// <code>
///   0 u64 directory
///   8 u32 partition
///  12 u16 length + bytes name
/// </code>
/// </summary>
public readonly ref struct RemoveRequest : IWireMessage<RemoveRequest>
{
    public InodeId Directory { get; init; }

    public PartitionIndex Partition { get; init; }

    public ReadOnlySpan<byte> Name { get; init; }

    public int Size => 14 + Name.Length;

    public void Write(ref WireWriter writer)
    {
        writer.Inode(Directory);
        writer.U32(Partition.Value);
        writer.Bytes16(Name);
    }

    public static bool TryRead(ref WireReader reader, out RemoveRequest message)
    {
        message = new RemoveRequest
        {
            Directory = reader.Inode(),
            Partition = new PartitionIndex(reader.U32()),
            Name = reader.Bytes16(),
        };
        return reader.Complete && FileName.IsValid(message.Name);
    }
}
