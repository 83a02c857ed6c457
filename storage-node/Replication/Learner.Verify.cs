using System.IO.Hashing;
using SealFs.Core.Control.V1;
using SealFs.Core.Messages;
using SealFs.Core.Wire;
using SealFs.StorageNode.Chunks;
using SealFs.StorageNode.Engine;
using SealFs.StorageNode.Routing;

namespace SealFs.StorageNode.Replication;

/// <summary>
/// Comparing: both sides keep the shard as it is at the same position of the log, and their hashes of it range by range, while the tail goes on; the clean blocks of chunks are compared with the
/// sums in their records. What differs is fetched again, and everything compared again.
/// </summary>
internal sealed partial class Learner
{
    /// <summary>How often a block that seems to differ is looked at again: it may be newer than its record, which is still on its way.</summary>
    private const int Looks = 5;

    /// <exception cref="CopyFailedException">There are differences again and again.</exception>
    private async Task VerifyAsync(CancellationToken cancellation)
    {
        Step = CopyStep.Verifying;
        for (var round = 0; round < ReplicationLimits.VerifyRounds; round++)
        {
            var ranges = await CompareAsync(cancellation);
            foreach (var (table, from, next) in ranges)
                await CopyRangeAsync(table, from, next, cancellation);
            var chunks = await CheckChunksAsync(cancellation);
            if (ranges.Count == 0 && chunks == 0)
                return;
            LogDiffered(logger, Shard, ranges.Count, chunks);
        }

        throw new CopyFailedException($"The copy differed from node {Source} in {ReplicationLimits.VerifyRounds} comparisons in a row.");
    }

    private async Task<List<(Table Table, byte[] From, byte[] Next)>> CompareAsync(CancellationToken cancellation)
    {
        var differing = new List<(Table, byte[], byte[])>();
        using var snapshot = await SnapshotAsync(cancellation);
        var end = CopyRows.End(Shard);
        foreach (var table in CopyRows.Tables)
        {
            for (var from = CopyRows.Begin(Shard); from.AsSpan().SequenceCompareTo(end) < 0;)
            {
                cancellation.ThrowIfCancellationRequested();
                var start = from;
                var (hash, next) = await RangeHashAsync(table, start);
                if (next.AsSpan().SequenceCompareTo(start) <= 0)
                    throw new CopyFailedException($"Node {Source} compared another range.");
                if (await OnIoAsync(() => HashOf(snapshot, table, start, next)) != hash)
                    differing.Add((table, start, next));
                from = next;
                await TailAsync(0);
            }
        }

        return differing;
    }

    /// <summary>Returns with everything applied that the source's snapshot shows, and nothing else.</summary>
    private async Task<IMetadataSnapshot> SnapshotAsync(CancellationToken cancellation)
    {
        using var response = await AskAsync(Opcode.ShardSnapshot, new ShardSnapshotRequest(_attachment));
        var position = response.Read<ShardSnapshotReply>().Position;
        if (position < _position)
            throw new CopyFailedException($"Node {Source} keeps an older state than it sent.");
        await CatchUpToAsync(position, cancellation);
        return _node.Engine.TakeSnapshot();
    }

    private async Task<(ulong Hash, byte[] Next)> RangeHashAsync(Table table, byte[] from)
    {
        using var response = await AskAsync(Opcode.RangeHash, RawBody.Of(new RangeHashRequest { Attachment = _attachment, Table = (byte)table, From = from }));
        return Read(response.Body);

        static (ulong, byte[]) Read(ReadOnlySpan<byte> body)
        {
            var reader = new WireReader(body);
            return RangeHashReply.TryRead(ref reader, out var reply)
                ? (reply.Hash, reply.Next.ToArray())
                : throw new CopyFailedException("A hash of a range is none.");
        }
    }

    private static ulong HashOf(IMetadataSnapshot snapshot, Table table, byte[] from, byte[] next)
    {
        var hash = new XxHash3();
        using var rows = snapshot.Scan(table, from, next);
        while (rows.MoveNext())
            CopyRows.Hash(hash, rows.Key, rows.Value);
        return hash.GetCurrentHashAsUInt64();
    }

    /// <summary>How many chunks differ from their records, for good; they are fetched again.</summary>
    private async Task<int> CheckChunksAsync(CancellationToken cancellation)
    {
        var differing = 0;
        byte[]? from = CopyRows.Begin(Shard);
        while (from is not null)
        {
            await CatchUpAsync(cancellation);
            var start = from;
            (from, var suspects) = await OnIoAsync(() => SuspectsFrom(start));
            for (var look = 1; suspects.Count > 0; look++)
            {
                await CatchUpAsync(cancellation);
                var before = suspects;
                suspects = await OnIoAsync(() => before.Where(Differs).ToList());
                if (look < Looks)
                    continue;
                differing += suspects.Count;
                foreach (var key in suspects)
                    Want(key, ulong.MaxValue);
                break;
            }

            await FetchAsync(cancellation);
        }

        return differing;
    }

    /// <summary>The chunks of the next page of records that seem to differ, and where to go on; null at the end.</summary>
    private (byte[]? Next, List<ChunkKey> Suspects) SuspectsFrom(byte[] from)
    {
        const int Page = 256;
        var suspects = new List<ChunkKey>();
        var looked = 0;
        using var rows = _node.Engine.Scan(Table.Chunks, from, CopyRows.End(Shard));
        while (rows.MoveNext())
        {
            if (looked++ == Page)
                return (rows.Key.ToArray(), suspects);
            var key = KeyOf(rows.Key);
            if (DiffersFrom(key, rows.Value))
                suspects.Add(key);
        }

        return (null, suspects);
    }

    private bool Differs(ChunkKey key)
    {
        Span<byte> bytes = stackalloc byte[Shards.MetadataKey.MaxLength];
        using var row = _node.Engine.GetPinned(Table.Chunks, Files.ShardChunkRecords.KeyOf(bytes, key));
        return row.Found && DiffersFrom(key, row.Value);
    }

    private bool DiffersFrom(in ChunkKey key, ReadOnlySpan<byte> row)
    {
        ulong damaged;
        lock (_gate)
            damaged = _damaged.GetValueOrDefault(key);
        return ChunkRecord.TryRead(row, out var record) && (CopiedChunk.Differing(data.Store, key, in record) & ~damaged) != 0;
    }
}
