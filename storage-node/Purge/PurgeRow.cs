using System.Buffers.Binary;
using SealFs.Core;
using SealFs.StorageNode.Engine;
using SealFs.StorageNode.Inodes;
using SealFs.StorageNode.Shards;

namespace SealFs.StorageNode.Purge;

public enum PurgeKind : byte
{
    /// <summary>The inode is gone, and all its chunks go.</summary>
    Delete = 1,

    /// <summary>The inode became shorter. It stays locked until what was cut off is gone.</summary>
    Cut = 2,
}

/// <summary>
/// Chunks that have to go: written in the mutation that made them superfluous, deleted when they are gone. Key: shard | 0 | 'G' | volume u32 | inode u64. Value:
/// <code>
/// 0 u8 format version (1)   1 u8 kind   2 u64 first chunk   10 u64 last chunk   18 u32 bytes of the first chunk that stay
/// </code>
/// </summary>
internal readonly record struct PurgeRow(PurgeKind Kind, ChunkIndex First, ChunkIndex Last, uint KeepBytes)
{
    private const byte FormatVersion = 1;
    private const int Bytes = 22;
    private const int VolumeAt = MetadataKey.PrefixLength + 1;

    public static ReadOnlySpan<byte> Key(Span<byte> target, ShardId shard, VolumeId volume, InodeId inode)
    {
        MetadataKey.Kind(target, shard, default, (byte)'G');
        BinaryPrimitives.WriteUInt32BigEndian(target[VolumeAt..], volume.Value);
        BinaryPrimitives.WriteUInt64BigEndian(target[(VolumeAt + 4)..], inode.Value);
        return target[..(VolumeAt + 12)];
    }

    public void Put(Mutation mutation, InodeId inode)
    {
        Span<byte> key = stackalloc byte[MetadataKey.MaxLength];
        Span<byte> value = stackalloc byte[Bytes];
        value[0] = FormatVersion;
        value[1] = (byte)Kind;
        BinaryPrimitives.WriteUInt64LittleEndian(value[2..], First.Value);
        BinaryPrimitives.WriteUInt64LittleEndian(value[10..], Last.Value);
        BinaryPrimitives.WriteUInt32LittleEndian(value[18..], KeepBytes);
        mutation.Put(Table.Metadata, Key(key, mutation.Shard.Id, mutation.Volume, inode), value);
    }

    public static void Delete(Mutation mutation, InodeId inode)
    {
        Span<byte> key = stackalloc byte[MetadataKey.MaxLength];
        mutation.Delete(Table.Metadata, Key(key, mutation.Shard.Id, mutation.Volume, inode));
    }

    public static bool TryGet(Mutation mutation, InodeId inode, out PurgeRow row)
    {
        Span<byte> key = stackalloc byte[MetadataKey.MaxLength];
        Span<byte> value = stackalloc byte[Bytes];
        var length = mutation.Get(Table.Metadata, Key(key, mutation.Shard.Id, mutation.Volume, inode), value);
        row = length < 0 ? default : Decode(value[..length]);
        return length >= 0;
    }

    /// <summary>Everything queued in a shard.</summary>
    public static List<(VolumeId Volume, InodeId Inode, PurgeRow Row)> List(IMetadataEngine engine, ShardId shard)
    {
        var found = new List<(VolumeId, InodeId, PurgeRow)>();
        Span<byte> from = stackalloc byte[MetadataKey.MaxLength];
        Span<byte> end = stackalloc byte[MetadataKey.MaxLength];
        using var rows = engine.Scan(
            Table.Metadata, MetadataKey.Kind(from, shard, default, (byte)'G'), MetadataKey.Kind(end, shard, default, (byte)'H'));
        while (rows.MoveNext())
        {
            var volume = new VolumeId(BinaryPrimitives.ReadUInt32BigEndian(rows.Key[VolumeAt..]));
            var inode = new InodeId(BinaryPrimitives.ReadUInt64BigEndian(rows.Key[(VolumeAt + 4)..]));
            found.Add((volume, inode, Decode(rows.Value)));
        }

        return found;
    }

    private static PurgeRow Decode(ReadOnlySpan<byte> value)
    {
        if (value.Length != Bytes || value[0] != FormatVersion)
            throw CorruptRowException.Version("purge", value);
        return new PurgeRow(
            (PurgeKind)value[1],
            new ChunkIndex(BinaryPrimitives.ReadUInt64LittleEndian(value[2..])),
            new ChunkIndex(BinaryPrimitives.ReadUInt64LittleEndian(value[10..])),
            BinaryPrimitives.ReadUInt32LittleEndian(value[18..]));
    }
}
