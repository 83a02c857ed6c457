using System.IO.Hashing;
using SealFs.Core;
using SealFs.Core.Messages;
using SealFs.StorageNode.Engine;
using SealFs.StorageNode.Shards;

namespace SealFs.StorageNode.Replication;

/// <summary>Pages of rows, and hashes of ranges.</summary>
internal sealed partial class SourceOperations
{
    private unsafe void Page(NodeRequest request)
    {
        if (!request.TryRead<CopyPageRequest>(out var page) || LogOf(request, page.Attachment) is null)
            return;
        var table = (Table)page.Table;
        var shardEnd = CopyRows.End(request.Shard.Id);
        if (!Enum.IsDefined(table) || !IsRange(request.Shard.Id, page.From, page.Until))
        {
            request.Reply(Errno.EINVAL);
            return;
        }

        const int Capacity = ReplicationLimits.PageBytes + ReplicationLimits.RowRoomBytes;
        var target = new Span<byte>(request.RentPayload(Capacity), Capacity);
        var hash = new XxHash3();
        var length = 0;
        Span<byte> next = stackalloc byte[CopyPageRequest.KeyBytes];
        var nextLength = page.Until.Length;
        page.Until.CopyTo(next);
        using (var rows = _node.Engine.Scan(table, page.From, page.Until))
        {
            while (rows.MoveNext())
            {
                if (length >= ReplicationLimits.PageBytes || length + CopyRows.SizeOf(rows) > Capacity)
                {
                    rows.Key.CopyTo(next);
                    nextLength = rows.Key.Length;
                    break;
                }

                length += CopyRows.Write(target[length..], rows.Key, rows.Value);
            }
        }

        _node.Hit(MoveSteps.Page);
        hash.Append(target[..length]);
        var isWhole = next[..nextLength].SequenceEqual(page.Until);
        if (isWhole && hash.GetCurrentHashAsUInt64() == page.Hash)
            request.Reply(Errno.None, new CopyPageReply { Same = true, Next = page.Until });
        else if (!isWhole && length == 0)
            request.Reply(Errno.EOVERFLOW);
        else
            request.ReplyRented(Errno.None, new CopyPageReply { Next = next[..nextLength] }, length);
    }

    private void RangeHash(NodeRequest request)
    {
        if (!request.TryRead<RangeHashRequest>(out var range) || LogOf(request, range.Attachment) is not { } log)
            return;
        var table = (Table)range.Table;
        var end = CopyRows.End(request.Shard.Id);
        if (!Enum.IsDefined(table) || !IsRange(request.Shard.Id, range.From, end))
        {
            request.Reply(Errno.EINVAL);
            return;
        }

        using var rows = log.ScanSnapshot(table, range.From, end);
        if (rows is null)
        {
            request.Reply(Errno.ESTALE);
            return;
        }

        var hash = new XxHash3();
        Span<byte> next = stackalloc byte[CopyPageRequest.KeyBytes];
        end.CopyTo(next);
        var nextLength = end.Length;
        for (var bytes = 0; rows.MoveNext(); bytes += CopyRows.SizeOf(rows))
        {
            if (bytes >= ReplicationLimits.RangeBytes)
            {
                rows.Key.CopyTo(next);
                nextLength = rows.Key.Length;
                break;
            }

            CopyRows.Hash(hash, rows.Key, rows.Value);
        }

        request.Reply(Errno.None, new RangeHashReply { Hash = hash.GetCurrentHashAsUInt64(), Next = next[..nextLength] });
    }

    private static bool IsRange(ShardId shard, ReadOnlySpan<byte> from, ReadOnlySpan<byte> until) =>
        from.SequenceCompareTo(CopyRows.Begin(shard)) >= 0 && until.SequenceCompareTo(CopyRows.End(shard)) <= 0 && from.SequenceCompareTo(until) <= 0;
}
