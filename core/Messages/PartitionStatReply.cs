using SealFs.Core.Wire;

namespace SealFs.Core.Messages;

/// <summary>
/// What the partitions of one shard add to their directory: counts are summed, times are maxima, versions are summed.
/// <code>
///   0 u64 entries
///   8 i64 subdirectories, as a change since the split
///  16 i64 modify time ns
///  24 i64 change time ns
///  32 u64 version
/// </code>
/// </summary>
public readonly record struct PartitionStatReply(ulong Entries, long Subdirectories, long ModifyTimeNs, long ChangeTimeNs, ulong Version)
    : IWireMessage<PartitionStatReply>
{
    public int Size => 40;

    public void Write(ref WireWriter writer)
    {
        writer.U64(Entries);
        writer.I64(Subdirectories);
        writer.I64(ModifyTimeNs);
        writer.I64(ChangeTimeNs);
        writer.U64(Version);
    }

    public static bool TryRead(ref WireReader reader, out PartitionStatReply message)
    {
        message = new PartitionStatReply(reader.U64(), reader.I64(), reader.I64(), reader.I64(), reader.U64());
        return reader.Complete;
    }
}
