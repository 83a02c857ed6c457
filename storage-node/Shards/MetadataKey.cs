using System.Buffers.Binary;
using SealFs.Core;
using SealFs.Core.Messages;
using SealFs.Core.Placement;

namespace SealFs.StorageNode.Shards;

/// <summary>
/// The keys of a node's tables: all big-endian, all beginning with shard and volume, so that a shard is one key range and a volume within a shard
/// another. Every function writes into the caller's buffer (at least <see cref="MaxLength"/> bytes) and returns the part used.
/// <code>
/// Metadata    shard u32 | volume u32 | 'I' | inode u64                                    inode
///             …                      | 'D' | directory u64 | position u64 | name          dentry
///             …                      | 'P' | directory u64 | partition u32                partition of a split directory
///             …                      | 'X' | inode u64 | name                             extended attribute
///             …                      | 'O' | inode u64                                    orphan
///             …                      | 'L' | inode u64 | session u64                      last append of a session
///             shard u32 | 0 u32      | 'A' | session u64 | generation u16 | slot u16      answer
///             …                      | 'S'                                                state of the shard
///             …                      | 'U' | volume u32                                   usage
///             …                      | 'V'                                                write verifier
///             …                      | 'T' | …   transactions      'G' | …   purge queue
/// InlineData  shard u32 | volume u32 | inode u64                                          content of a small file
/// Chunks      shard u32 | volume u32 | inode u64 | chunk u64                              chunk record
/// </code>
/// </summary>
public static class MetadataKey
{
    public const int PrefixLength = 8;
    public const int MaxLength = PrefixLength + 1 + 8 + 8 + FileName.MaxLength;

    /// <summary>Of a dentry's key: where the position begins.</summary>
    public const int DentryPositionAt = PrefixLength + 1 + 8;

    /// <summary>Of a dentry's key: where the name begins.</summary>
    public const int DentryNameAt = DentryPositionAt + 8;

    /// <summary>Of an extended attribute's key: where the name begins.</summary>
    public const int XattrNameAt = PrefixLength + 1 + 8;

    public static ReadOnlySpan<byte> Inode(Span<byte> buffer, ShardId shard, VolumeId volume, InodeId inode) =>
        Numbered(buffer, shard, volume, (byte)'I', inode.Value);

    public static ReadOnlySpan<byte> Orphan(Span<byte> buffer, ShardId shard, VolumeId volume, InodeId inode) =>
        Numbered(buffer, shard, volume, (byte)'O', inode.Value);

    /// <summary>The dentry of a name; its position is computed.</summary>
    public static ReadOnlySpan<byte> Dentry(Span<byte> buffer, ShardId shard, VolumeId volume, InodeId directory, ReadOnlySpan<byte> name) =>
        Dentry(buffer, shard, volume, directory, DirectoryPosition.FromHash(PlacementHash.Name(name)), name);

    /// <summary>The dentry of a name at a position; without a name, the place in front of all dentries at that position.</summary>
    public static ReadOnlySpan<byte> Dentry(
        Span<byte> buffer, ShardId shard, VolumeId volume, InodeId directory, ulong position, ReadOnlySpan<byte> name)
    {
        Numbered(buffer, shard, volume, (byte)'D', directory.Value);
        BinaryPrimitives.WriteUInt64BigEndian(buffer[DentryPositionAt..], position);
        name.CopyTo(buffer[DentryNameAt..]);
        return buffer[..(DentryNameAt + name.Length)];
    }

    public static ReadOnlySpan<byte> Partition(Span<byte> buffer, ShardId shard, VolumeId volume, InodeId directory, PartitionIndex partition)
    {
        Numbered(buffer, shard, volume, (byte)'P', directory.Value);
        BinaryPrimitives.WriteUInt32BigEndian(buffer[(PrefixLength + 9)..], partition.Value);
        return buffer[..(PrefixLength + 13)];
    }

    /// <summary>An extended attribute; with an empty name, the place in front of all of them.</summary>
    public static ReadOnlySpan<byte> Xattr(Span<byte> buffer, ShardId shard, VolumeId volume, InodeId inode, ReadOnlySpan<byte> name)
    {
        Numbered(buffer, shard, volume, (byte)'X', inode.Value);
        name.CopyTo(buffer[XattrNameAt..]);
        return buffer[..(XattrNameAt + name.Length)];
    }

    /// <summary>Where a session has appended to an inode last; of session 0, the place in front of all of them.</summary>
    public static ReadOnlySpan<byte> Append(Span<byte> buffer, ShardId shard, VolumeId volume, InodeId inode, SessionId session)
    {
        Numbered(buffer, shard, volume, (byte)'L', inode.Value);
        BinaryPrimitives.WriteUInt64BigEndian(buffer[(PrefixLength + 9)..], session.Value);
        return buffer[..(PrefixLength + 17)];
    }

    /// <summary>The session of an 'L' key.</summary>
    public static SessionId AppendSessionOf(ReadOnlySpan<byte> key) => new(BinaryPrimitives.ReadUInt64BigEndian(key[(PrefixLength + 9)..]));

    public static ReadOnlySpan<byte> Answer(Span<byte> buffer, ShardId shard, SessionId session, ushort generation, ushort slot)
    {
        Numbered(buffer, shard, default, (byte)'A', session.Value);
        BinaryPrimitives.WriteUInt16BigEndian(buffer[(PrefixLength + 9)..], generation);
        BinaryPrimitives.WriteUInt16BigEndian(buffer[(PrefixLength + 11)..], slot);
        return buffer[..(PrefixLength + 13)];
    }

    /// <summary>The key behind all answers of a session's generations up to <paramref name="last"/>.</summary>
    public static ReadOnlySpan<byte> AnswersEnd(Span<byte> buffer, ShardId shard, SessionId session, ushort last)
    {
        Answer(buffer, shard, session, last, ushort.MaxValue);
        buffer[PrefixLength + 13] = 0;
        return buffer[..(PrefixLength + 14)];
    }

    public static ReadOnlySpan<byte> ShardState(Span<byte> buffer, ShardId shard) => Kind(buffer, shard, default, (byte)'S');

    public static ReadOnlySpan<byte> Verifier(Span<byte> buffer, ShardId shard) => Kind(buffer, shard, default, (byte)'V');

    public static ReadOnlySpan<byte> Usage(Span<byte> buffer, ShardId shard, VolumeId volume)
    {
        Kind(buffer, shard, default, (byte)'U');
        BinaryPrimitives.WriteUInt32BigEndian(buffer[(PrefixLength + 1)..], volume.Value);
        return buffer[..(PrefixLength + 5)];
    }

    /// <summary>The key of an inode's content in InlineData.</summary>
    public static ReadOnlySpan<byte> InlineData(Span<byte> buffer, ShardId shard, VolumeId volume, InodeId inode)
    {
        Prefix(buffer, shard, volume);
        BinaryPrimitives.WriteUInt64BigEndian(buffer[PrefixLength..], inode.Value);
        return buffer[..(PrefixLength + 8)];
    }

    public static ReadOnlySpan<byte> Chunk(Span<byte> buffer, ShardId shard, VolumeId volume, InodeId inode, ChunkIndex chunk)
    {
        InlineData(buffer, shard, volume, inode);
        BinaryPrimitives.WriteUInt64BigEndian(buffer[(PrefixLength + 8)..], chunk.Value);
        return buffer[..(PrefixLength + 16)];
    }

    /// <summary>Everything of one kind: the key in front of it. The end is the same with the next letter.</summary>
    public static ReadOnlySpan<byte> Kind(Span<byte> buffer, ShardId shard, VolumeId volume, byte kind)
    {
        Prefix(buffer, shard, volume);
        buffer[PrefixLength] = kind;
        return buffer[..(PrefixLength + 1)];
    }

    /// <summary>The key in front of everything of a volume in a shard.</summary>
    public static ReadOnlySpan<byte> Prefix(Span<byte> buffer, ShardId shard, VolumeId volume)
    {
        BinaryPrimitives.WriteUInt32BigEndian(buffer, shard.Value);
        BinaryPrimitives.WriteUInt32BigEndian(buffer[4..], volume.Value);
        return buffer[..PrefixLength];
    }

    /// <summary>The key behind everything of a volume in a shard.</summary>
    public static ReadOnlySpan<byte> PrefixEnd(Span<byte> buffer, ShardId shard, VolumeId volume)
    {
        BinaryPrimitives.WriteUInt64BigEndian(buffer, (((ulong)shard.Value << 32) | volume.Value) + 1);
        return buffer[..PrefixLength];
    }

    /// <summary>Kind and a number: the beginning of most keys.</summary>
    public static ReadOnlySpan<byte> Numbered(Span<byte> buffer, ShardId shard, VolumeId volume, byte kind, ulong number)
    {
        Kind(buffer, shard, volume, kind);
        BinaryPrimitives.WriteUInt64BigEndian(buffer[(PrefixLength + 1)..], number);
        return buffer[..(PrefixLength + 9)];
    }

    /// <summary>The shard a key belongs to.</summary>
    public static ShardId ShardOf(ReadOnlySpan<byte> key) => new(BinaryPrimitives.ReadUInt32BigEndian(key));

    /// <summary>The inode or directory of an 'I', 'D', 'P', 'X' or 'O' key.</summary>
    public static InodeId InodeOf(ReadOnlySpan<byte> key) => new(BinaryPrimitives.ReadUInt64BigEndian(key[(PrefixLength + 1)..]));

    /// <summary>The position in a dentry's key.</summary>
    public static ulong PositionOf(ReadOnlySpan<byte> key) => BinaryPrimitives.ReadUInt64BigEndian(key[DentryPositionAt..]);

    /// <summary>The name in a dentry's key.</summary>
    public static ReadOnlySpan<byte> NameOf(ReadOnlySpan<byte> key) => key[DentryNameAt..];
}
