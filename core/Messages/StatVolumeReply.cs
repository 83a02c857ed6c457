using SealFs.Core.Wire;

namespace SealFs.Core.Messages;

/// <summary>
/// What statfs(2) shows. Without a quota the total is the capacity of the cluster's disks. Available is what can be added: what the quota leaves, and not more than the disks can take.
/// <code>
///   0 u64 total bytes
///   8 u64 used bytes
///  16 u64 total inodes
///  24 u64 used inodes
///  32 u64 available bytes
///  40 u64 available inodes
/// </code>
/// </summary>
public readonly record struct StatVolumeReply(ulong TotalBytes, ulong UsedBytes, ulong TotalInodes, ulong UsedInodes, ulong AvailableBytes, ulong AvailableInodes)
    : IWireMessage<StatVolumeReply>
{
    public int Size => 48;

    public void Write(ref WireWriter writer)
    {
        writer.U64(TotalBytes);
        writer.U64(UsedBytes);
        writer.U64(TotalInodes);
        writer.U64(UsedInodes);
        writer.U64(AvailableBytes);
        writer.U64(AvailableInodes);
    }

    public static bool TryRead(ref WireReader reader, out StatVolumeReply message)
    {
        message = new StatVolumeReply(reader.U64(), reader.U64(), reader.U64(), reader.U64(), reader.U64(), reader.U64());
        return reader.Complete;
    }
}
