using SealFs.Core.Wire;

namespace SealFs.StorageNode.Inodes;

/// <summary>
/// One partition of a split directory, in the shard that holds its entries. Partition 0 has one too once the directory is split. Counts and times are
/// this partition's part; getattr of the directory adds them up. Little-endian:
/// <code>
///  0 u8 format version (1)   1 u8 depth   2 u8 state (PartitionState)   3 u64 entries   11 i64 subdirectories, as a change since the split
/// 19 i64 modification time   27 i64 change time   35 u64 changes: rises with every change of an entry
/// </code>
/// </summary>
public struct PartitionRow
{
    public const byte FormatVersion = 1;
    public const int Bytes = 43;

    public byte Depth;
    public PartitionState State;
    public ulong EntryCount;
    public long Subdirectories;
    public long ModifyTimeNs;
    public long ChangeTimeNs;
    public ulong Changes;

    public void EntriesChanged(long entries, int subdirectories, long nowNs)
    {
        EntryCount = (ulong)Math.Max(0, (long)EntryCount + entries);
        Subdirectories += subdirectories;
        ModifyTimeNs = Math.Max(ModifyTimeNs, nowNs);
        ChangeTimeNs = Math.Max(ChangeTimeNs, nowNs);
        Changes++;
    }

    public readonly ReadOnlySpan<byte> Encode(Span<byte> target)
    {
        var writer = new WireWriter(target);
        writer.U8(FormatVersion);
        writer.U8(Depth);
        writer.U8((byte)State);
        writer.U64(EntryCount);
        writer.I64(Subdirectories);
        writer.I64(ModifyTimeNs);
        writer.I64(ChangeTimeNs);
        writer.U64(Changes);
        return target[..writer.Position];
    }

    /// <exception cref="CorruptRowException">The bytes are not a partition row.</exception>
    public static PartitionRow Decode(ReadOnlySpan<byte> source)
    {
        var reader = new WireReader(source);
        if (reader.U8() != FormatVersion)
            throw CorruptRowException.Version("partition", source);
        var row = new PartitionRow
        {
            Depth = reader.U8(),
            State = (PartitionState)reader.U8(),
            EntryCount = reader.U64(),
            Subdirectories = reader.I64(),
            ModifyTimeNs = reader.I64(),
            ChangeTimeNs = reader.I64(),
            Changes = reader.U64(),
        };
        return reader.Complete ? row : throw CorruptRowException.Length("partition", source);
    }
}
