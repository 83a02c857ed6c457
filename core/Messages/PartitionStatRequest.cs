using SealFs.Core.Wire;

namespace SealFs.Core.Messages;

/// <summary>
/// Asks a shard for the sum over all partitions of a directory that it holds. Answer: PartitionStatReply.
/// <code>
///   0 u64 directory
/// </code>
/// </summary>
public readonly record struct PartitionStatRequest(InodeId Directory) : IWireMessage<PartitionStatRequest>
{
    public int Size => 8;

    public void Write(ref WireWriter writer) => writer.Inode(Directory);

    public static bool TryRead(ref WireReader reader, out PartitionStatRequest message)
    {
        message = new PartitionStatRequest(reader.Inode());
        return reader.Complete;
    }
}
