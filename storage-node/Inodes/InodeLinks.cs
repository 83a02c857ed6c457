using SealFs.Core;
using SealFs.Core.Messages;
using SealFs.StorageNode.Appends;
using SealFs.StorageNode.Engine;
using SealFs.StorageNode.Shards;

namespace SealFs.StorageNode.Inodes;

/// <summary>What happens to an inode when a name of it goes.</summary>
public static class InodeLinks
{
    /// <summary>
    /// Stages the loss of one name. With the last one the inode goes, or becomes an orphan while a session has it open, or may have. For every kind but directories.
    /// </summary>
    public static void Drop(Mutation mutation, ref InodeRow row, long nowNs)
    {
        row.Attributes.LinkCount = row.Attributes.LinkCount == 0 ? 0 : row.Attributes.LinkCount - 1;
        row.Changed(nowNs);
        if (row.Attributes.LinkCount > 0)
        {
            mutation.PutInode(in row);
            return;
        }

        if (mutation.Shard.MayBeOpenUnheard(row.Id))
            mutation.TryOpen(row.Id, OpenReferences.Unheard, stamp: 0);
        if (!mutation.Shard.Opens.IsOpen(row.Id))
        {
            Delete(mutation, in row);
            return;
        }

        row.Attributes.Flags |= InodeFlags.Orphan;
        mutation.PutInode(in row);
        OrphanRow.Stage(mutation, row.Id);
    }

    /// <summary>Stages the end of an inode: its row, attributes, data and usage. For directories too, when they are empty.</summary>
    public static void Delete(Mutation mutation, in InodeRow row)
    {
        mutation.DeleteInode(row.Id);
        mutation.AddUsage(0, -1);
        if (row.XattrBytes > 0)
            DeleteXattrs(mutation, row.Id);
        if (row.Attributes.IsRegular)
            mutation.Shard.Node.Contents.StageRemoval(mutation, in row);
        else if (row.InlineLength > 0)
            DeleteInline(mutation, row.Id);
        if ((row.Attributes.Flags & InodeFlags.Appended) != 0)
            AppendRow.DeleteAll(mutation, row.Id);
        if ((row.Attributes.Flags & InodeFlags.Orphan) != 0)
            OrphanRow.Remove(mutation, row.Id);
    }

    private static void DeleteInline(Mutation mutation, InodeId inode)
    {
        Span<byte> key = stackalloc byte[MetadataKey.MaxLength];
        mutation.Delete(Table.InlineData, MetadataKey.InlineData(key, mutation.Shard.Id, mutation.Volume, inode));
    }

    private static void DeleteXattrs(Mutation mutation, InodeId inode)
    {
        Span<byte> fromBuffer = stackalloc byte[MetadataKey.MaxLength];
        Span<byte> endBuffer = stackalloc byte[MetadataKey.MaxLength];
        var from = MetadataKey.Xattr(fromBuffer, mutation.Shard.Id, mutation.Volume, inode, default);
        var end = MetadataKey.Numbered(endBuffer, mutation.Shard.Id, mutation.Volume, (byte)'X', inode.Value + 1);
        if (mutation.IsCompound)
        {
            // An earlier part may have staged some, which a scan does not see.
            mutation.DeleteRange(Table.Metadata, from, end);
            return;
        }

        using var rows = mutation.Engine.Scan(Table.Metadata, from, end);
        while (rows.MoveNext())
            mutation.Delete(Table.Metadata, rows.Key);
    }
}
