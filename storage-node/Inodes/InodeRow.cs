using SealFs.Core;
using SealFs.Core.Messages;
using SealFs.Core.Wire;

namespace SealFs.StorageNode.Inodes;

/// <summary>
/// What the metadata engine keeps of an inode. Little-endian:
/// <code>
///   0 u8  format version (2)
///   1 88 bytes InodeAttributes
///  89 u32 inline length  bytes of content in InlineData
///  93 u32 xattr bytes    names and values of all extended attributes
/// only directories:
///  97 u64 parent         the directory that holds this one's entry; of a root, itself
/// 105 u64 entry count    entries of this directory; of a split one, as of the split (the partitions count since)
/// 113 i64 time set at    when a client last set the modification time, ns; 0 for never. Changes of partitions before that do not show in it
/// of anything else, and only when one of them is not 0:
///  97 u64 announced      a client may have reserved room up to here, bytes
/// 105 u64 reserved       no chunk of this index or a greater one exists, except chunk 0
/// 113 u32 cuts           how often chunks were removed while the inode stayed: the number of a chunk's file is the count when it came into being
/// 117 u64 appends end    sessions may write what they append up to here, bytes; not there, or 0, when that is not behind the size
/// </code>
/// </summary>
public struct InodeRow
{
    public const byte FormatVersion = 2;
    public const int FileBytes = 1 + InodeAttributes.WireSize + 8;
    public const int MaxBytes = FileBytes + 28;

    /// <summary>A directory's size is its entries times this, and at least <see cref="DirectoryMinimumBytes"/>.</summary>
    public const ulong DirectoryEntryBytes = 32;
    public const ulong DirectoryMinimumBytes = 4096;

    public InodeAttributes Attributes;
    public uint InlineLength;
    public uint XattrBytes;
    public InodeId Parent;
    public ulong EntryCount;
    public long ModifyTimeSetAtNs;
    public ulong AnnouncedBytes;
    public ulong ReservedChunks;
    public uint Cuts;
    public ulong AppendsEndBytes;

    public readonly InodeId Id => Attributes.Inode;

    public readonly bool IsDirectory => Attributes.IsDirectory;

    /// <summary>A directory whose entries are counted in partition rows.</summary>
    public readonly bool IsSplit => (Attributes.Flags & InodeFlags.Split) != 0;

    /// <summary>Chunks may exist below this offset, and none at or behind it.</summary>
    public readonly ulong ChunksEndBytes => Math.Max(Attributes.SizeBytes, AnnouncedBytes);

    /// <summary>Where the next append goes, for all that this shard knows: behind the file, and behind what was given to others.</summary>
    public readonly ulong NextAppendBytes => Math.Max(Attributes.SizeBytes, AppendsEndBytes);

    public static ulong DirectorySize(ulong entries) => Math.Max(DirectoryMinimumBytes, entries * DirectoryEntryBytes);

    /// <summary>
    /// After entries came or went in an unsplit directory: counts, size, times and version. Times never go back.
    /// </summary>
    public void EntriesChanged(long entries, int subdirectories, long nowNs)
    {
        EntryCount = (ulong)Math.Max(0, (long)EntryCount + entries);
        Attributes.LinkCount = (uint)Math.Max(2, Attributes.LinkCount + subdirectories);
        Attributes.SizeBytes = DirectorySize(EntryCount);
        Attributes.ModifyTimeNs = Math.Max(Attributes.ModifyTimeNs, nowNs);
        Changed(nowNs);
    }

    /// <summary>Any change: a new version, and the change time.</summary>
    public void Changed(long nowNs)
    {
        Attributes.ChangeTimeNs = Math.Max(Attributes.ChangeTimeNs, nowNs);
        Attributes.Version++;
    }

    /// <summary>Writes the row; returns the part of the target used.</summary>
    public readonly ReadOnlySpan<byte> Encode(Span<byte> target)
    {
        var writer = new WireWriter(target);
        writer.U8(FormatVersion);
        Attributes.Write(ref writer);
        writer.U32(InlineLength);
        writer.U32(XattrBytes);
        if (IsDirectory)
        {
            writer.Inode(Parent);
            writer.U64(EntryCount);
            writer.I64(ModifyTimeSetAtNs);
        }
        else if (AnnouncedBytes != 0 || ReservedChunks != 0 || Cuts != 0 || AppendsEndBytes != 0)
        {
            writer.U64(AnnouncedBytes);
            writer.U64(ReservedChunks);
            writer.U32(Cuts);
            if (AppendsEndBytes != 0)
                writer.U64(AppendsEndBytes);
        }

        return target[..writer.Position];
    }

    /// <exception cref="CorruptRowException">The bytes are not an inode row.</exception>
    public static InodeRow Decode(ReadOnlySpan<byte> source)
    {
        var reader = new WireReader(source);
        if (reader.U8() != FormatVersion)
            throw CorruptRowException.Version("inode", source);
        var row = new InodeRow { Attributes = InodeAttributes.Read(ref reader), InlineLength = reader.U32(), XattrBytes = reader.U32() };
        if (row.IsDirectory)
        {
            row.Parent = reader.Inode();
            row.EntryCount = reader.U64();
            row.ModifyTimeSetAtNs = reader.I64();
        }
        else if (reader.Remaining > 0)
        {
            row.AnnouncedBytes = reader.U64();
            row.ReservedChunks = reader.U64();
            row.Cuts = reader.U32();
            if (reader.Remaining > 0)
                row.AppendsEndBytes = reader.U64();
        }

        return reader.Complete ? row : throw CorruptRowException.Length("inode", source);
    }
}
