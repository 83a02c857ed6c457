using SealFs.Core.Wire;

namespace SealFs.Core.Messages;

/// <summary>
/// Addressed to the shard of the source dentry's partition. Flags are those of renameat2(2): NOREPLACE 1, EXCHANGE 2. Answer: RemoveReply.
/// <code>
///   0 u64 source directory
///   8 u32 source partition
///  12 u64 target directory
///  20 u32 target partition
///  24 u32 flags
///  28 u16 length + bytes source name
///   … u16 length + bytes target name
/// </code>
/// </summary>
public readonly ref struct RenameRequest : IWireMessage<RenameRequest>
{
    public InodeId SourceDirectory { get; init; }

    public PartitionIndex SourcePartition { get; init; }

    public InodeId TargetDirectory { get; init; }

    public PartitionIndex TargetPartition { get; init; }

    public uint Flags { get; init; }

    public ReadOnlySpan<byte> SourceName { get; init; }

    public ReadOnlySpan<byte> TargetName { get; init; }

    public int Size => 32 + SourceName.Length + TargetName.Length;

    public void Write(ref WireWriter writer)
    {
        writer.Inode(SourceDirectory);
        writer.U32(SourcePartition.Value);
        writer.Inode(TargetDirectory);
        writer.U32(TargetPartition.Value);
        writer.U32(Flags);
        writer.Bytes16(SourceName);
        writer.Bytes16(TargetName);
    }

    public static bool TryRead(ref WireReader reader, out RenameRequest message)
    {
        message = new RenameRequest
        {
            SourceDirectory = reader.Inode(),
            SourcePartition = new PartitionIndex(reader.U32()),
            TargetDirectory = reader.Inode(),
            TargetPartition = new PartitionIndex(reader.U32()),
            Flags = reader.U32(),
            SourceName = reader.Bytes16(),
            TargetName = reader.Bytes16(),
        };
        return reader.Complete && FileName.IsValid(message.SourceName) && FileName.IsValid(message.TargetName);
    }
}
