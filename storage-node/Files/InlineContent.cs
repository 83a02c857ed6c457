using SealFs.Core;
using SealFs.Core.Messages;
using SealFs.StorageNode.Chunks;
using SealFs.StorageNode.Engine;
using SealFs.StorageNode.Inodes;
using SealFs.StorageNode.Shards;

namespace SealFs.StorageNode.Files;

/// <summary>
/// Contents kept beside the inode. A regular file's chunk 0 is inline when its row says so; a row of size 0 without the flag has no content yet and may
/// become inline with its first write, unless chunk 0 has been written ahead of its commit. Everything with the gate held.
/// </summary>
internal static class InlineContent
{
    [ThreadStatic]
    private static byte[]? t_scratch;

    /// <summary>True when what chunk 0 holds is, or can be, beside the inode.</summary>
    public static bool IsPossible(Mutation mutation, in InodeRow row)
    {
        if ((row.Attributes.Flags & InodeFlags.Inline) != 0)
            return true;
        return row.Attributes.SizeBytes == 0 && !ShardChunkRecords.Exists(mutation, FirstChunk(mutation, row.Id));
    }

    public static ChunkKey FirstChunk(Mutation mutation, InodeId inode) => new(mutation.Shard.Id, mutation.Volume, inode, default);

    public static uint LimitOf(VolumeState volume) => Math.Min(volume.InlineLimitBytes, FileLimits.InlineBytes);

    /// <summary>Stages the content with the data at an offset, zeros between; the row is changed and not put.</summary>
    public static void Write(Mutation mutation, ref InodeRow row, uint offset, ReadOnlySpan<byte> data)
    {
        var length = Math.Max(row.InlineLength, offset + (uint)data.Length);
        if (offset == 0 && length == data.Length)
        {
            Put(mutation, ref row, data);
            return;
        }

        var content = Load(mutation, in row, length);
        data.CopyTo(content[(int)offset..]);
        Put(mutation, ref row, content);
    }

    /// <summary>Stages the content with a range of zeros, which does not make it longer.</summary>
    public static void Zero(Mutation mutation, ref InodeRow row, uint offset, uint length)
    {
        if (offset >= row.InlineLength)
            return;
        var content = Load(mutation, in row, row.InlineLength);
        content[(int)offset..(int)Math.Min(row.InlineLength, (ulong)offset + length)].Clear();
        Put(mutation, ref row, content);
    }

    /// <summary>Stages the content cut to a length.</summary>
    public static void Cut(Mutation mutation, ref InodeRow row, uint length)
    {
        if (length < row.InlineLength)
            Put(mutation, ref row, Load(mutation, in row, row.InlineLength)[..(int)length]);
    }

    /// <summary>Stages the removal of the content; the row is not inline any more.</summary>
    public static void Remove(Mutation mutation, ref InodeRow row)
    {
        Put(mutation, ref row, default);
        row.Attributes.Flags &= ~InodeFlags.Inline;
    }

    /// <summary>The content, with zeros up to the length, in memory of this thread.</summary>
    /// <exception cref="CorruptRowException">The content is not as long as the row says.</exception>
    public static Span<byte> Load(Mutation mutation, in InodeRow row, uint length)
    {
        var scratch = (t_scratch ??= new byte[FileLimits.InlineBytes]).AsSpan(0, (int)length);
        if (row.InlineLength != 0)
        {
            Span<byte> key = stackalloc byte[MetadataKey.MaxLength];
            var read = mutation.Get(Table.InlineData, MetadataKey.InlineData(key, mutation.Shard.Id, mutation.Volume, row.Id), t_scratch);
            if (read != row.InlineLength)
                throw new CorruptRowException($"inode {row.Id} should have {row.InlineLength} bytes of inline content and has {read}");
        }

        scratch[(int)Math.Min(row.InlineLength, length)..].Clear();
        return scratch;
    }

    private static void Put(Mutation mutation, ref InodeRow row, ReadOnlySpan<byte> content)
    {
        Span<byte> buffer = stackalloc byte[MetadataKey.MaxLength];
        var key = MetadataKey.InlineData(buffer, mutation.Shard.Id, mutation.Volume, row.Id);
        if (!content.IsEmpty)
            mutation.Put(Table.InlineData, key, content);
        else if (row.InlineLength != 0)
            mutation.Delete(Table.InlineData, key);
        if (content.Length != row.InlineLength)
            mutation.AddUsage(content.Length - (long)row.InlineLength, 0);
        row.InlineLength = (uint)content.Length;
        row.Attributes.AllocatedBytes = (ulong)content.Length;
        row.Attributes.Flags |= InodeFlags.Inline;
    }
}
