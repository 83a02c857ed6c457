using System.Buffers.Binary;
using SealFs.Core;
using SealFs.Core.Messages;
using SealFs.StorageNode.Engine;
using SealFs.StorageNode.Files;
using SealFs.StorageNode.Inodes;
using SealFs.StorageNode.Names;
using SealFs.StorageNode.Purge;
using SealFs.StorageNode.Shards;

namespace SealFs.StorageNode.Checks;

/// <summary>
/// ScanShard: everything of a volume in a shard, in the order of its keys. A cursor is a table and the key to go on behind. The first page also has the usage
/// and what is in the purge queue.
/// </summary>
internal sealed class ShardScan(FileData data)
{
    public void Handle(NodeRequest request) => data.Io.Post(request, Run);

    private static unsafe void Run(NodeRequest request)
    {
        if (!request.TryRead<ScanRequest>(out var scan))
            return;
        var page = new ScanPage(new Span<byte>(request.RentPayload(CheckLimits.PageBytes), CheckLimits.PageBytes));
        Span<byte> cursor = stackalloc byte[ScanRequest.CursorBytes];
        if (scan.Cursor.IsEmpty)
            AddFirst(request, ref page);
        var table = scan.Cursor.IsEmpty ? Table.Metadata : (Table)scan.Cursor[0];
        var after = scan.Cursor.IsEmpty ? default : scan.Cursor[1..];
        var length = table is Table.Metadata ? ScanTable(request, Table.Metadata, after, ref page, cursor) : 0;
        if (length == 0)
            length = ScanTable(request, Table.InlineData, table == Table.InlineData ? after : default, ref page, cursor);
        request.ReplyRented(Errno.None, new ScanReply { Cursor = cursor[..length] }, page.Length);
    }

    private static void AddFirst(NodeRequest request, ref ScanPage page)
    {
        using (request.Shard.Enter())
        {
            var usage = request.Shard.Usage(request.Volume);
            page.Add(new ScanRow
            {
                Kind = ScanRowKind.Usage,
                UsedBytes = usage.UsedBytes,
                UsedInodes = usage.Inodes,
                EffectSequence = request.Shard.EffectSequence,
            });
        }

        foreach (var (volume, inode, _) in PurgeRow.List(request.Node.Engine, request.Shard.Id))
        {
            if (volume == request.Volume && !page.IsFull)
                page.Add(new ScanRow { Kind = ScanRowKind.Purge, Inode = inode });
        }
    }

    /// <summary>Length of the cursor when the page is full; 0 when the table is done.</summary>
    private static int ScanTable(NodeRequest request, Table table, scoped ReadOnlySpan<byte> after, scoped ref ScanPage page, scoped Span<byte> cursor)
    {
        Span<byte> from = stackalloc byte[ScanRequest.CursorBytes];
        Span<byte> end = stackalloc byte[MetadataKey.MaxLength];
        var start = MetadataKey.Prefix(from, request.Shard.Id, request.Volume);
        if (!after.IsEmpty)
        {
            // The key itself with a zero behind is the first key after it.
            after.CopyTo(from);
            from[after.Length] = 0;
            start = from[..(after.Length + 1)];
        }

        using var rows = request.Node.Engine.Scan(table, start, MetadataKey.PrefixEnd(end, request.Shard.Id, request.Volume));
        while (rows.MoveNext())
        {
            if (table == Table.InlineData)
                AddInline(rows, ref page);
            else
                AddMetadata(rows, ref page);
            if (!page.IsFull)
                continue;
            cursor[0] = (byte)table;
            rows.Key.CopyTo(cursor[1..]);
            return 1 + rows.Key.Length;
        }

        return 0;
    }

    private static void AddInline(ScanCursor rows, ref ScanPage page)
    {
        var inode = new InodeId(BinaryPrimitives.ReadUInt64BigEndian(rows.Key[MetadataKey.PrefixLength..]));
        page.Add(new ScanRow { Kind = ScanRowKind.Inline, Inode = inode, InlineLength = (uint)rows.Value.Length });
    }

    private static void AddMetadata(ScanCursor rows, ref ScanPage page)
    {
        switch (rows.Key[MetadataKey.PrefixLength])
        {
            case (byte)'I':
                var inode = InodeRow.Decode(rows.Value);
                page.Add(new ScanRow
                {
                    Kind = ScanRowKind.Inode,
                    Attributes = inode.Attributes,
                    InlineLength = inode.InlineLength,
                    Directory = inode.Parent,
                    Entries = inode.EntryCount,
                });
                break;
            case (byte)'D':
                var dentry = DentryRow.Decode(rows.Value);
                page.Add(new ScanRow
                {
                    Kind = ScanRowKind.Dentry,
                    Directory = MetadataKey.InodeOf(rows.Key),
                    Inode = dentry.Inode,
                    Mode = dentry.Mode,
                    Name = MetadataKey.NameOf(rows.Key),
                });
                break;
            case (byte)'P':
                AddPartition(rows, ref page);
                break;
            case (byte)'X':
                page.Add(new ScanRow { Kind = ScanRowKind.Xattr, Inode = MetadataKey.InodeOf(rows.Key) });
                break;
            case (byte)'O':
                page.Add(new ScanRow { Kind = ScanRowKind.Orphan, Inode = MetadataKey.InodeOf(rows.Key) });
                break;
        }
    }

    private static void AddPartition(ScanCursor rows, ref ScanPage page)
    {
        var row = PartitionRow.Decode(rows.Value);
        page.Add(new ScanRow
        {
            Kind = ScanRowKind.Partition,
            Directory = MetadataKey.InodeOf(rows.Key),
            Partition = new PartitionIndex(BinaryPrimitives.ReadUInt32BigEndian(rows.Key[(MetadataKey.PrefixLength + 9)..])),
            Depth = row.Depth,
            State = (byte)row.State,
            Entries = row.EntryCount,
            Subdirectories = row.Subdirectories,
        });
    }
}
