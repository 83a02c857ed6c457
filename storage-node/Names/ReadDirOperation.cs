using SealFs.Core;
using SealFs.Core.Messages;
using SealFs.Core.Wire;
using SealFs.StorageNode.Engine;
using SealFs.StorageNode.Shards;

namespace SealFs.StorageNode.Names;

/// <summary>
/// One page of a partition's entries, in order of their positions. The position of the last entry is all that the next page needs. Entries of one position
/// (names whose hashes collide) are never parted by a page's end, or the rest would be skipped.
/// </summary>
internal static unsafe class ReadDirOperation
{
    private const int SmallestPage = 4096;

    /// <summary>Room behind a page for the rest of a group of equal positions that is longer than the page itself.</summary>
    private const int GroupSlack = 4 * (23 + FileName.MaxLength + InodeAttributes.WireSize);

    public static void Handle(NodeRequest request)
    {
        if (!request.TryRead<ReadDirRequest>(out var message) || request.ParkIfInodeLocked(message.Directory) || request.ParkIfAnyEntryLocked(message.Directory))
            return;
        var mutation = request.Shard.Begin(request.Volume);
        var status = DirectoryTarget.Resolve(mutation, message.Directory, message.Partition, out var target);
        if (status == Errno.None && !HoldsNext(in message, target.Depth))
            status = Errno.WrongPartition;
        if (status != Errno.None)
        {
            target.Refuse(request, status);
            return;
        }

        var pageBytes = (int)Math.Clamp(message.MaxBytes, SmallestPage, NodeLimits.ReadDirBytes);
        var page = request.RentPayload(pageBytes + GroupSlack);
        var attributed = Attributed(message.Flags, target.EntryCount);
        var filled = Fill(mutation, in message, target.Depth, new Span<byte>(page, pageBytes + GroupSlack), pageBytes, attributed);
        request.ReplyRented(Errno.None, new ReadDirReply(filled.End, target.Depth, filled.Count, filled.Attributed), filled.Bytes);
    }

    /// <summary>How many entries bring attributes. Each costs as much as ten names.</summary>
    private static uint Attributed(ReadDirFlags flags, ulong entryCount)
    {
        if ((flags & ReadDirFlags.Attributes) == 0)
            return 0;
        return (flags & ReadDirFlags.UnlessLarge) != 0 && entryCount > NodeLimits.ListedWhole ? 0 : uint.MaxValue;
    }

    /// <summary>
    /// False when the next position belongs to another partition, since this one has split: an empty page would say that nothing is left up to its end, and the
    /// listing would go on from there, which is behind where it is.
    /// </summary>
    private static bool HoldsNext(in ReadDirRequest message, int depth)
    {
        var next = message.After + 1;
        return depth == 0 || message.After == 0 || next >= 1UL << 63 || DirectoryPosition.PartitionAt(next, depth) == message.Partition;
    }

    private static Filled Fill(Mutation mutation, in ReadDirRequest message, int depth, Span<byte> page, int pageBytes, uint attributed)
    {
        var end = DirectoryPosition.EndOfRange(message.Partition, depth);
        var start = depth == 0 ? 0 : end - (1UL << (63 - depth));
        var from = Math.Max(start, message.After + 1);
        if (from >= end)
            return new Filled(0, 0, 0, true);

        Span<byte> fromKey = stackalloc byte[MetadataKey.MaxLength];
        Span<byte> endKey = stackalloc byte[MetadataKey.MaxLength];
        using var rows = mutation.Engine.Scan(
            Table.Metadata,
            MetadataKey.Dentry(fromKey, mutation.Shard.Id, mutation.Volume, message.Directory, from, default),
            MetadataKey.Dentry(endKey, mutation.Shard.Id, mutation.Volume, message.Directory, end, default));
        return Fill(mutation, rows, attributed, page, pageBytes);
    }

    /// <summary>Attributes too end between positions only: who wants more of them asks again from there.</summary>
    private static Filled Fill(Mutation mutation, ScanCursor rows, uint attributed, Span<byte> page, int pageBytes)
    {
        var group = new Filled(0, 0, 0, true);
        var position = ulong.MaxValue;
        var bytes = 0;
        var count = 0u;
        var had = 0u;
        while (rows.MoveNext())
        {
            var begins = MetadataKey.PositionOf(rows.Key) != position;
            var withAttributes = count < attributed || (had == count && !begins);
            var entry = Entry(mutation, rows, withAttributes);
            if (begins)
            {
                group = new Filled(bytes, count, had, false);
                position = entry.Position;
            }

            if (bytes + entry.Size > (group.Count == 0 ? page.Length : pageBytes))
                return group;
            var writer = new WireWriter(page[bytes..]);
            entry.Write(ref writer);
            bytes += writer.Position;
            count++;
            if (withAttributes)
                had = count;
        }

        return new Filled(bytes, count, had, true);
    }

    private static DirectoryEntry Entry(Mutation mutation, ScanCursor rows, bool withAttributes)
    {
        var dentry = DentryRow.Decode(rows.Value);
        var attributes = default(InodeAttributes);
        var complete = false;
        if (withAttributes && EntryAttributes.Get(mutation, dentry, out complete, out attributes) != Errno.None)
            complete = false;
        return new DirectoryEntry
        {
            Position = MetadataKey.PositionOf(rows.Key),
            Name = MetadataKey.NameOf(rows.Key),
            Inode = dentry.Inode,
            Mode = dentry.Mode,
            HasAttributes = complete,
            Attributes = attributes,
        };
    }

    private readonly record struct Filled(int Bytes, uint Count, uint Attributed, bool End);
}
