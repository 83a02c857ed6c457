using System.IO.Hashing;
using SealFs.Core;
using SealFs.Core.Messages;
using SealFs.Core.Rpc;
using SealFs.Core.Wire;
using SealFs.StorageNode.Engine;
using SealFs.StorageNode.Routing;

namespace SealFs.StorageNode.Replication;

/// <summary>Pages of rows. A page is newer than everything that was applied before it, and older than what is applied afterwards.</summary>
internal sealed partial class Learner
{
    private async Task CopyRangeAsync(Table table, byte[] from, byte[] end, CancellationToken cancellation)
    {
        while (from.AsSpan().SequenceCompareTo(end) < 0)
        {
            await ThrottleAsync(cancellation);
            cancellation.ThrowIfCancellationRequested();
            var start = from;
            var (hash, until) = await OnIoAsync(() => OwnPage(table, start, end));
            from = await CopyPageAsync(table, start, until, hash);
            _node.Hit(MoveSteps.PageApplied);
            await TailAsync(0);
            await FetchAsync(cancellation);
        }
    }

    /// <summary>What is here of the next page: where it ends, and its hash.</summary>
    private (ulong Hash, byte[] Until) OwnPage(Table table, byte[] from, byte[] end)
    {
        var hash = new XxHash3();
        var bytes = 0;
        using var rows = _node.Engine.Scan(table, from, end);
        while (rows.MoveNext())
        {
            if (bytes >= ReplicationLimits.PageBytes)
                return (hash.GetCurrentHashAsUInt64(), rows.Key.ToArray());
            CopyRows.Hash(hash, rows.Key, rows.Value);
            bytes += CopyRows.SizeOf(rows);
        }

        return (hash.GetCurrentHashAsUInt64(), end);
    }

    private async Task<byte[]> CopyPageAsync(Table table, byte[] from, byte[] until, ulong hash)
    {
        using var response = await AskAsync(Opcode.CopyPage, PageBody(table, from, until, hash));
        return await OnIoAsync(() => ApplyPage(table, from, until, response));
    }

    private RawBody PageBody(Table table, byte[] from, byte[] until, ulong hash) =>
        RawBody.Of(new CopyPageRequest { Attachment = _attachment, Table = (byte)table, Hash = hash, From = from, Until = until });

    private byte[] ApplyPage(Table table, byte[] from, byte[] until, RpcResponse response)
    {
        if (!response.TryRead<CopyPageReply>(out var reply))
            throw new CopyFailedException($"Node {Source} sent a page that is none.");
        if (reply.Next.SequenceCompareTo(from) <= 0 || reply.Next.SequenceCompareTo(until) > 0)
            throw new CopyFailedException($"Node {Source} sent a page of another range.");
        var next = reply.Next.ToArray();
        if (!reply.Same)
        {
            Replace(table, from, next, response.Payload);
            Spent(response.Payload.Length);
        }

        if (table == Table.Chunks)
            CheckRecords(from, next);
        return next;
    }

    /// <summary>The range has exactly these rows afterwards.</summary>
    private void Replace(Table table, byte[] from, byte[] next, ReadOnlySpan<byte> rows)
    {
        using var batch = new EffectBatch();
        using var own = _node.Engine.Scan(table, from, next);
        var hasOwn = own.MoveNext();
        while (CopyRows.TryRead(ref rows, out var key, out var value))
        {
            if (!CopyRows.IsOf(Shard, key) || key.SequenceCompareTo(from) < 0 || key.SequenceCompareTo(next) >= 0)
                throw new CopyFailedException($"Node {Source} sent a row of another range.");
            for (; hasOwn && own.Key.SequenceCompareTo(key) < 0; hasOwn = own.MoveNext())
                DeleteRow(batch, table, own.Key);
            var isHere = hasOwn && own.Key.SequenceEqual(key);
            if (!isHere || !own.Value.SequenceEqual(value))
                batch.Put(table, key, value);
            if (isHere)
                hasOwn = own.MoveNext();
        }

        if (!rows.IsEmpty)
            throw new CopyFailedException($"Node {Source} sent a page that is cut off.");
        for (; hasOwn; hasOwn = own.MoveNext())
            DeleteRow(batch, table, own.Key);
        if (batch.Count > 0)
            _node.Engine.Apply(batch);
    }

    private void DeleteRow(EffectBatch batch, Table table, ReadOnlySpan<byte> key)
    {
        batch.Delete(table, key);
        if (table == Table.Chunks)
            RemoveFile(key);
    }
}
