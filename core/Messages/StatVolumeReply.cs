using SealFs.Core.Wire;

namespace SealFs.Core.Messages;

/// <summary>
/// What statfs(2) shows. Limits of 0 stand for no quota: the capacity of the cluster is told instead.
/// <code>
///   0 u64 total bytes
///   8 u64 used bytes
///  16 u64 total inodes
///  24 u64 used inodes
/// </code>
/// </summary>
public readonly record struct StatVolumeReply(ulong TotalBytes, ulong UsedBytes, ulong TotalInodes, ulong UsedInodes) : IWireMessage<StatVolumeReply>
{
    public int Size => 32;

    public void Write(ref WireWriter writer)
    {
        writer.U64(TotalBytes);
        writer.U64(UsedBytes);
        writer.U64(TotalInodes);
        writer.U64(UsedInodes);
    }

    public static bool TryRead(ref WireReader reader, out StatVolumeReply message)
    {
        message = new StatVolumeReply(reader.U64(), reader.U64(), reader.U64(), reader.U64());
        return reader.Complete;
    }
}
