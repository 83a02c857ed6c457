using System.Buffers.Binary;
using System.IO.Hashing;
using SealFs.Core;
using SealFs.StorageNode.Engine;
using SealFs.StorageNode.Shards;

namespace SealFs.StorageNode.Replication;

/// <summary>Rows as they are sent and compared: u16 key length, u32 value length, key, value.</summary>
internal static class CopyRows
{
    private const int HeadBytes = 6;

    /// <summary>The tables, in the order in which they are copied.</summary>
    public static readonly Table[] Tables = [Table.Metadata, Table.InlineData, Table.Chunks];

    public static int SizeOf(ScanCursor row) => HeadBytes + row.Key.Length + row.Value.Length;

    public static void Hash(XxHash3 hash, ReadOnlySpan<byte> key, ReadOnlySpan<byte> value)
    {
        Span<byte> head = stackalloc byte[HeadBytes];
        WriteHead(head, key, value);
        hash.Append(head);
        hash.Append(key);
        hash.Append(value);
    }

    public static int Write(Span<byte> target, ReadOnlySpan<byte> key, ReadOnlySpan<byte> value)
    {
        WriteHead(target, key, value);
        key.CopyTo(target[HeadBytes..]);
        value.CopyTo(target[(HeadBytes + key.Length)..]);
        return HeadBytes + key.Length + value.Length;
    }

    /// <summary>Takes the first row off; false at the end, or where the bytes are none.</summary>
    public static bool TryRead(ref ReadOnlySpan<byte> rows, out ReadOnlySpan<byte> key, out ReadOnlySpan<byte> value)
    {
        key = default;
        value = default;
        if (rows.Length < HeadBytes)
            return false;
        var keyLength = BinaryPrimitives.ReadUInt16LittleEndian(rows);
        var valueLength = BinaryPrimitives.ReadUInt32LittleEndian(rows[2..]);
        if ((ulong)HeadBytes + keyLength + valueLength > (ulong)rows.Length)
            return false;
        key = rows.Slice(HeadBytes, keyLength);
        value = rows.Slice(HeadBytes + keyLength, (int)valueLength);
        rows = rows[(HeadBytes + keyLength + (int)valueLength)..];
        return true;
    }

    /// <summary>Where a shard's keys begin.</summary>
    public static byte[] Begin(ShardId shard)
    {
        var key = new byte[4];
        BinaryPrimitives.WriteUInt32BigEndian(key, shard.Value);
        return key;
    }

    /// <summary>The key behind all of a shard's.</summary>
    public static byte[] End(ShardId shard) => Begin(new ShardId(shard.Value + 1));

    public static bool IsOf(ShardId shard, ReadOnlySpan<byte> key) => key.Length >= MetadataKey.PrefixLength && MetadataKey.ShardOf(key) == shard;

    private static void WriteHead(Span<byte> target, ReadOnlySpan<byte> key, ReadOnlySpan<byte> value)
    {
        BinaryPrimitives.WriteUInt16LittleEndian(target, (ushort)key.Length);
        BinaryPrimitives.WriteUInt32LittleEndian(target[2..], (uint)value.Length);
    }
}
