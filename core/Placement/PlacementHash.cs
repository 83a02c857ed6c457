using System.Buffers.Binary;
using System.IO.Hashing;

namespace SealFs.Core.Placement;

/// <summary>
/// The hashes that decide where things live: xxHash3 (64 bits) over little-endian fields, with one seed for each use, so that equal fields never
/// coincide between uses. Functions, layouts and seeds are part of the on-disk format: they are pinned by test vectors and never change.
/// <para>
/// Bytes hashed: directory = parent inode (u64), name · chunk = inode (u64), chunk index (u64) · partition = directory inode (u64), partition (u32) ·
/// name = name · volume = volume id (u32).
/// </para>
/// </summary>
public static class PlacementHash
{
    /// <summary>Longest name in bytes; the kernel's NAME_MAX.</summary>
    public const int MaxNameBytes = 255;

    internal const long DirectorySeed = 0x6469_7265_6374_6F72; // "director"
    internal const long ChunkSeed = 0x6368_756E_6B73_6864; // "chunkshd"
    internal const long PartitionSeed = 0x7061_7274_6974_696F; // "partitio"
    internal const long NameSeed = 0x6E61_6D65_6861_7368; // "namehash"
    internal const long VolumeSeed = 0x766F_6C75_6D65_7368; // "volumesh"

    /// <summary>Where a new directory called <paramref name="name"/> in <paramref name="parent"/> is born.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The name is longer than <see cref="MaxNameBytes"/>.</exception>
    public static ulong Directory(InodeId parent, ReadOnlySpan<byte> name)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(name.Length, MaxNameBytes);
        Span<byte> bytes = stackalloc byte[sizeof(ulong) + MaxNameBytes];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, parent.Value);
        name.CopyTo(bytes[sizeof(ulong)..]);
        return XxHash3.HashToUInt64(bytes[..(sizeof(ulong) + name.Length)], DirectorySeed);
    }

    /// <inheritdoc cref="Directory(InodeId, ReadOnlySpan{byte})"/>
    public static ShardId Directory(InodeId parent, ReadOnlySpan<byte> name, uint shardCount) => Reduce(Directory(parent, name), shardCount);

    /// <summary>Where a chunk with an index above 0 lives. Chunk 0 lives in the inode's own shard and has no hash.</summary>
    public static ulong Chunk(InodeId inode, ChunkIndex chunk)
    {
        Span<byte> bytes = stackalloc byte[2 * sizeof(ulong)];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, inode.Value);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes[sizeof(ulong)..], chunk.Value);
        return XxHash3.HashToUInt64(bytes, ChunkSeed);
    }

    /// <summary>The shard of any chunk of a file, chunk 0 included.</summary>
    public static ShardId Chunk(InodeId inode, ChunkIndex chunk, uint shardCount) =>
        chunk.Value == 0 ? inode.Shard : Reduce(Chunk(inode, chunk), shardCount);

    /// <summary>Where a partition above 0 of a split directory lives. Partition 0 stays in the directory's own shard and has no hash.</summary>
    public static ulong Partition(InodeId directory, PartitionIndex partition)
    {
        Span<byte> bytes = stackalloc byte[sizeof(ulong) + sizeof(uint)];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, directory.Value);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes[sizeof(ulong)..], partition.Value);
        return XxHash3.HashToUInt64(bytes, PartitionSeed);
    }

    /// <summary>The shard of any partition of a directory, partition 0 included.</summary>
    public static ShardId Partition(InodeId directory, PartitionIndex partition, uint shardCount) =>
        partition.Value == 0 ? directory.Shard : Reduce(Partition(directory, partition), shardCount);

    /// <summary>The order of names within a directory, and the choice of a partition by its low bits.</summary>
    public static ulong Name(ReadOnlySpan<byte> name) => XxHash3.HashToUInt64(name, NameSeed);

    /// <summary>Where a volume's root directory and its rename lock live.</summary>
    public static ulong Volume(VolumeId volume)
    {
        Span<byte> bytes = stackalloc byte[sizeof(uint)];
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, volume.Value);
        return XxHash3.HashToUInt64(bytes, VolumeSeed);
    }

    /// <inheritdoc cref="Volume(VolumeId)"/>
    public static ShardId Volume(VolumeId volume, uint shardCount) => Reduce(Volume(volume), shardCount);

    /// <summary>The root directory of a volume: computed, so that nobody has to be asked for it.</summary>
    public static InodeId Root(VolumeId volume, uint shardCount) => InodeId.Root(Volume(volume, shardCount), volume);

    /// <summary>A hash as a shard: the value modulo the number of shards.</summary>
    public static ShardId Reduce(ulong hash, uint shardCount) => new((uint)(hash % shardCount));
}
