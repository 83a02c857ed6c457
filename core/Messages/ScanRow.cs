using SealFs.Core.Wire;

namespace SealFs.Core.Messages;

public enum ScanRowKind : byte
{
    Inode = 1,
    Dentry = 2,
    Partition = 3,
    Xattr = 4,
    Orphan = 5,
    Inline = 6,
    Purge = 7,
    Usage = 8,
    Chunk = 9,
}

[Flags]
public enum ScanChunkFlags : byte
{
    None = 0,

    /// <summary>There is a file and no record.</summary>
    NoRecord = 1,

    /// <summary>There is a record that cannot be read.</summary>
    BadRecord = 2,

    /// <summary>Some blocks could not be read to be verified, for another reason than damage (no memory, too many open files).</summary>
    NotRead = 4,
}

/// <summary>
/// One row in the payload of a ScanReply: kind u8, then by kind
/// <code>
/// Inode      88 bytes attributes   u32 inline length   u64 parent   u64 entries
/// Dentry     u64 directory   u64 inode   u32 mode   u16 length + name
/// Partition  u64 directory   u32 partition   u8 depth   u8 state (0 serving, 1 filling, 2 closing, 3 elsewhere)   u64 entries   i64 subdirectories
/// Xattr      u64 inode        (an attribute of it)
/// Orphan     u64 inode
/// Inline     u64 inode   u32 length
/// Purge      u64 inode        (its chunks are being removed)
/// Usage      i64 bytes   i64 inodes   u64 last effect of the shard when it was read
/// Chunk      u64 inode   u64 chunk   u32 end   u32 accounted   u64 blocks   u64 damaged blocks   u64 blocks with lost bytes   u8 ScanChunkFlags
/// </code>
/// </summary>
public ref struct ScanRow
{
    public ScanRowKind Kind;

    /// <summary>The inode; of a dentry, what it names.</summary>
    public InodeId Inode;

    public InodeId Directory;
    public InodeAttributes Attributes;
    public uint InlineLength;
    public ulong Entries;
    public uint Mode;
    public ReadOnlySpan<byte> Name;
    public PartitionIndex Partition;
    public byte Depth;
    public byte State;
    public long Subdirectories;
    public long UsedBytes;
    public long UsedInodes;
    public ulong EffectSequence;
    public ChunkIndex Chunk;
    public uint EndBytes;
    public uint AccountedBytes;
    public ulong Blocks;
    public ulong Damaged;

    /// <summary>Blocks with bytes that were written, never synced, and lost with the power.</summary>
    public ulong Lost;
    public ScanChunkFlags Flags;

    /// <summary>Longest row.</summary>
    public const int MaxBytes = 1 + 22 + 255;

    public readonly void Write(ref WireWriter writer)
    {
        writer.U8((byte)Kind);
        switch (Kind)
        {
            case ScanRowKind.Inode:
                Attributes.Write(ref writer);
                writer.U32(InlineLength);
                writer.Inode(Directory);
                writer.U64(Entries);
                break;
            case ScanRowKind.Dentry:
                writer.Inode(Directory);
                writer.Inode(Inode);
                writer.U32(Mode);
                writer.Bytes16(Name);
                break;
            case ScanRowKind.Partition:
                WritePartition(ref writer);
                break;
            case ScanRowKind.Inline:
                writer.Inode(Inode);
                writer.U32(InlineLength);
                break;
            case ScanRowKind.Usage:
                writer.I64(UsedBytes);
                writer.I64(UsedInodes);
                writer.U64(EffectSequence);
                break;
            case ScanRowKind.Chunk:
                WriteChunk(ref writer);
                break;
            default:
                writer.Inode(Inode);
                break;
        }
    }

    /// <summary>False at the end, or when the rest is no row.</summary>
    public static bool TryRead(ref WireReader reader, out ScanRow row)
    {
        row = default;
        if (reader.Remaining == 0)
            return false;
        row.Kind = (ScanRowKind)reader.U8();
        switch (row.Kind)
        {
            case ScanRowKind.Inode:
                row.Attributes = InodeAttributes.Read(ref reader);
                row.Inode = row.Attributes.Inode;
                row.InlineLength = reader.U32();
                row.Directory = reader.Inode();
                row.Entries = reader.U64();
                break;
            case ScanRowKind.Dentry:
                row.Directory = reader.Inode();
                row.Inode = reader.Inode();
                row.Mode = reader.U32();
                row.Name = reader.Bytes16();
                break;
            case ScanRowKind.Partition:
                row = ReadPartition(ref reader);
                break;
            case ScanRowKind.Inline:
                row.Inode = reader.Inode();
                row.InlineLength = reader.U32();
                break;
            case ScanRowKind.Usage:
                row.UsedBytes = reader.I64();
                row.UsedInodes = reader.I64();
                row.EffectSequence = reader.U64();
                break;
            case ScanRowKind.Chunk:
                row = ReadChunk(ref reader);
                break;
            default:
                row.Inode = reader.Inode();
                break;
        }

        return !reader.Failed;
    }

    private readonly void WritePartition(ref WireWriter writer)
    {
        writer.Inode(Directory);
        writer.U32(Partition.Value);
        writer.U8(Depth);
        writer.U8(State);
        writer.U64(Entries);
        writer.I64(Subdirectories);
    }

    private static ScanRow ReadPartition(scoped ref WireReader reader) => new()
    {
        Kind = ScanRowKind.Partition,
        Directory = reader.Inode(),
        Partition = new PartitionIndex(reader.U32()),
        Depth = reader.U8(),
        State = reader.U8(),
        Entries = reader.U64(),
        Subdirectories = reader.I64(),
    };

    private readonly void WriteChunk(ref WireWriter writer)
    {
        writer.Inode(Inode);
        writer.U64(Chunk.Value);
        writer.U32(EndBytes);
        writer.U32(AccountedBytes);
        writer.U64(Blocks);
        writer.U64(Damaged);
        writer.U64(Lost);
        writer.U8((byte)Flags);
    }

    private static ScanRow ReadChunk(scoped ref WireReader reader) => new()
    {
        Kind = ScanRowKind.Chunk,
        Inode = reader.Inode(),
        Chunk = new ChunkIndex(reader.U64()),
        EndBytes = reader.U32(),
        AccountedBytes = reader.U32(),
        Blocks = reader.U64(),
        Damaged = reader.U64(),
        Lost = reader.U64(),
        Flags = (ScanChunkFlags)reader.U8(),
    };
}
