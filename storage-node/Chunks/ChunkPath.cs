using System.Buffers.Text;
using SealFs.Core;

namespace SealFs.StorageNode.Chunks;

/// <summary>
/// Names of chunk files: <c>DATA-DIR/volume/shard/hh/inode.chunk</c>, and <c>inode.chunk.generation</c> where the generation is not 0; volume, shard,
/// chunk and generation in decimal, the inode as 16 hexadecimal digits and hh a hash from 00 to 0f: directories stay small enough for their file system, and there are few enough of them that new files do not each need a
/// directory, which ext4 places far from the last. Written into memory of the caller, with a NUL behind.
/// </summary>
internal static unsafe class ChunkPath
{
    /// <summary>Room for what stands behind the data directory.</summary>
    public const int SuffixBytes = 96;

    public const int Buckets = 16;

    public static byte Bucket(in ChunkKey key) => (byte)(((key.Inode.Value + (key.Chunk.Value * 0xD6E8FEB86659FD93)) * 0x9E3779B97F4A7C15) >> 60);

    /// <summary>Length without the NUL.</summary>
    public static int Write(Span<byte> target, ReadOnlySpan<byte> root, in ChunkKey key)
    {
        var position = WriteBucket(target, root, key.Volume, key.Shard, Bucket(key));
        target[position++] = (byte)'/';
        Utf8Formatter.TryFormat(key.Inode.Value, target[position..], out var written, new('x', 16));
        position += written;
        target[position++] = (byte)'.';
        Utf8Formatter.TryFormat(key.Chunk.Value, target[position..], out written);
        position += written;
        if (key.Generation != 0)
        {
            target[position++] = (byte)'.';
            Utf8Formatter.TryFormat(key.Generation, target[position..], out written);
            position += written;
        }

        target[position] = 0;
        return position;
    }

    public static int WriteVolume(Span<byte> target, ReadOnlySpan<byte> root, VolumeId volume)
    {
        root.CopyTo(target);
        var position = root.Length;
        target[position++] = (byte)'/';
        Utf8Formatter.TryFormat(volume.Value, target[position..], out var written);
        target[position + written] = 0;
        return position + written;
    }

    public static int WriteShard(Span<byte> target, ReadOnlySpan<byte> root, VolumeId volume, ShardId shard)
    {
        var position = WriteVolume(target, root, volume);
        target[position++] = (byte)'/';
        Utf8Formatter.TryFormat(shard.Value, target[position..], out var written);
        target[position + written] = 0;
        return position + written;
    }

    public static int WriteBucket(Span<byte> target, ReadOnlySpan<byte> root, VolumeId volume, ShardId shard, byte bucket)
    {
        var position = WriteShard(target, root, volume, shard);
        target[position++] = (byte)'/';
        Utf8Formatter.TryFormat(bucket, target[position..], out _, new('x', 2));
        target[position + 2] = 0;
        return position + 2;
    }

    /// <summary>False for a file that no chunk has this name.</summary>
    public static bool TryParse(ReadOnlySpan<char> name, VolumeId volume, ShardId shard, out ChunkKey key)
    {
        key = default;
        if (name.Length < 18 || name[16] != '.')
            return false;
        if (!ulong.TryParse(name[..16], System.Globalization.NumberStyles.AllowHexSpecifier, null, out var inode))
            return false;
        var rest = name[17..];
        var dot = rest.IndexOf('.');
        var generation = 0u;
        if (dot >= 0 && (!uint.TryParse(rest[(dot + 1)..], System.Globalization.NumberStyles.None, null, out generation) || generation == 0))
            return false;
        if (!ulong.TryParse(dot < 0 ? rest : rest[..dot], System.Globalization.NumberStyles.None, null, out var chunk))
            return false;
        key = new(shard, volume, new(inode), new(chunk)) { Generation = generation };
        return true;
    }
}
