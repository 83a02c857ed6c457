using System.Buffers.Binary;
using System.Numerics;
using SealFs.Core;
using SealFs.Core.Messages;
using SealFs.StorageNode.Chunks;
using SealFs.StorageNode.Engine;
using SealFs.StorageNode.Files;
using SealFs.StorageNode.Shards;

namespace SealFs.StorageNode.Checks;

/// <summary>
/// ScanChunks: the chunk records of a volume in a shard, with the blocks whose content does not agree with its sum when that is asked; with the last page
/// the chunk files that no record knows. A cursor is the key to go on behind.
/// </summary>
internal sealed class ChunkScan(FileData data)
{
    public void Handle(NodeRequest request) => data.Io.Post(request, Run);

    private unsafe void Run(NodeRequest request)
    {
        if (!request.TryRead<ScanRequest>(out var scan))
            return;
        var page = new ScanPage(new Span<byte>(request.RentPayload(CheckLimits.PageBytes), CheckLimits.PageBytes));
        Span<byte> cursor = stackalloc byte[ScanRequest.CursorBytes];
        var keys = new List<ChunkKey>();
        var length = List(request, scan.Cursor, keys, scan.Verify, cursor);
        foreach (var key in keys)
        {
            var row = Look(key, scan.Verify);
            page.Add(in row);
        }

        if (length == 0)
            AddStray(request, ref page);
        request.ReplyRented(Errno.None, new ScanReply { Cursor = cursor[..length] }, page.Length);
    }

    private static int List(NodeRequest request, ReadOnlySpan<byte> after, List<ChunkKey> keys, bool verify, Span<byte> cursor)
    {
        // Half of the page is left for files without a record.
        const int Most = CheckLimits.PageBytes / 2 / ScanRow.MaxBytes;
        ulong bytes = 0;
        Span<byte> from = stackalloc byte[ScanRequest.CursorBytes];
        Span<byte> end = stackalloc byte[MetadataKey.MaxLength];
        var start = MetadataKey.Prefix(from, request.Shard.Id, request.Volume);
        if (!after.IsEmpty)
        {
            after.CopyTo(from);
            from[after.Length] = 0;
            start = from[..(after.Length + 1)];
        }

        using var rows = request.Node.Engine.Scan(Table.Chunks, start, MetadataKey.PrefixEnd(end, request.Shard.Id, request.Volume));
        while (rows.MoveNext())
        {
            keys.Add(KeyOf(request.Shard.Id, request.Volume, rows.Key));
            if (verify && ChunkRecord.TryRead(rows.Value, out var record))
                bytes += (ulong)BitOperations.PopCount(record.Blocks) * ChunkLimits.BlockBytes;
            if (keys.Count < Most && bytes < CheckLimits.VerifyBytes)
                continue;
            rows.Key.CopyTo(cursor);
            return rows.Key.Length;
        }

        return 0;
    }

    internal static ChunkKey KeyOf(ShardId shard, VolumeId volume, ReadOnlySpan<byte> key) => new(
        shard,
        volume,
        new InodeId(BinaryPrimitives.ReadUInt64BigEndian(key[MetadataKey.PrefixLength..])),
        new ChunkIndex(BinaryPrimitives.ReadUInt64BigEndian(key[(MetadataKey.PrefixLength + 8)..])));

    private ScanRow Look(ChunkKey key, bool verify)
    {
        var row = new ScanRow { Kind = ScanRowKind.Chunk, Inode = key.Inode, Chunk = key.Chunk };
        var chunk = data.Chunks.Acquire(key);
        chunk.Enter();
        try
        {
            if (chunk.EnsureLoaded() != Errno.None)
            {
                row.Flags = ScanChunkFlags.BadRecord;
                return row;
            }

            if (verify)
            {
                row.Flags = chunk.Verify(out var damaged) == Errno.None ? ScanChunkFlags.None : ScanChunkFlags.NotRead;
                row.Damaged = damaged;
            }

            row.EndBytes = chunk.Length;
            row.AccountedBytes = chunk.Accounted;
            row.Blocks = chunk.Blocks;
            row.Lost = chunk.MissingBlocks;
            return row;
        }
        finally
        {
            data.Chunks.ExitAndRelease(chunk);
        }
    }

    private void AddStray(NodeRequest request, ref ScanPage page)
    {
        var found = 0;
        foreach (var key in data.Store.List(request.Volume, request.Shard.Id))
        {
            if (data.Records.IsFileOf(in key) || data.Chunks.IsLeftover(in key))
                continue;
            page.Add(new ScanRow { Kind = ScanRowKind.Chunk, Inode = key.Inode, Chunk = key.Chunk, Flags = ScanChunkFlags.NoRecord });
            if (page.IsFull || ++found == CheckLimits.StrayFiles)
                return;
        }
    }
}
