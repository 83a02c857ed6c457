using SealFs.Core.Wire;

namespace SealFs.Core.Messages;

[Flags]
public enum InodeFlags : uint
{
    None = 0,

    /// <summary>The content is stored beside the inode.</summary>
    Inline = 1,

    /// <summary>A directory with more than one partition: times and counts of this inode alone are not the whole truth.</summary>
    Split = 2,

    /// <summary>No name is left; kept while a session has it open.</summary>
    Orphan = 4,

    /// <summary>Somebody has appended to it: there are rows that say where.</summary>
    Appended = 8,
}

/// <summary>
/// What stat(2) shows of an inode. Times are nanoseconds since 1970 UTC, modulo 2^64: they stand for the range of ext4, from the end of 1901 to the middle of 2446 (<see cref="FirstSecond"/>, <see cref="LastSecond"/>), so
/// that a number below the first second's is a time after 2262. Version rises with every change of content or attributes.
/// <code>
///  0 u64 inode   8 u64 size in bytes   16 u64 allocated bytes
/// 24 i64 access time   32 i64 modification time   40 i64 change time   48 i64 birth time
/// 56 u64 version   64 u32 mode with type bits   68 u32 links   72 u32 uid   76 u32 gid   80 u32 device number   84 u32 InodeFlags
/// </code>
/// </summary>
public record struct InodeAttributes
{
    public const int WireSize = 88;

    /// <summary>The first and the last second that a time can be, as on ext4: 34 bits from -2^31 on, seconds since 1970.</summary>
    public const long FirstSecond = -(1L << 31);
    public const long LastSecond = (1L << 34) - (1L << 31) - 1;

    /// <summary>Mask and values of the type bits in <see cref="Mode"/>, as in stat(2).</summary>
    public const uint TypeMask = 0xF000;
    public const uint TypeDirectory = 0x4000;
    public const uint TypeRegular = 0x8000;
    public const uint TypeSymlink = 0xA000;

    public InodeId Inode;
    public ulong SizeBytes;
    public ulong AllocatedBytes;
    public long AccessTimeNs;
    public long ModifyTimeNs;
    public long ChangeTimeNs;
    public long BirthTimeNs;
    public ulong Version;
    public uint Mode;
    public uint LinkCount;
    public uint Uid;
    public uint Gid;
    public uint DeviceNumber;
    public InodeFlags Flags;

    public readonly bool IsDirectory => (Mode & TypeMask) == TypeDirectory;

    public readonly bool IsRegular => (Mode & TypeMask) == TypeRegular;

    public readonly bool IsSymlink => (Mode & TypeMask) == TypeSymlink;

    public readonly void Write(ref WireWriter writer)
    {
        writer.Inode(Inode);
        writer.U64(SizeBytes);
        writer.U64(AllocatedBytes);
        writer.I64(AccessTimeNs);
        writer.I64(ModifyTimeNs);
        writer.I64(ChangeTimeNs);
        writer.I64(BirthTimeNs);
        writer.U64(Version);
        writer.U32(Mode);
        writer.U32(LinkCount);
        writer.U32(Uid);
        writer.U32(Gid);
        writer.U32(DeviceNumber);
        writer.U32((uint)Flags);
    }

    public static InodeAttributes Read(ref WireReader reader) => new()
    {
        Inode = reader.Inode(),
        SizeBytes = reader.U64(),
        AllocatedBytes = reader.U64(),
        AccessTimeNs = reader.I64(),
        ModifyTimeNs = reader.I64(),
        ChangeTimeNs = reader.I64(),
        BirthTimeNs = reader.I64(),
        Version = reader.U64(),
        Mode = reader.U32(),
        LinkCount = reader.U32(),
        Uid = reader.U32(),
        Gid = reader.U32(),
        DeviceNumber = reader.U32(),
        Flags = (InodeFlags)reader.U32(),
    };
}
