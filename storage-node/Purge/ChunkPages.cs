using System.IO.Hashing;
using SealFs.Core;
using SealFs.StorageNode.Checks;
using SealFs.StorageNode.Chunks;
using SealFs.StorageNode.Engine;
using SealFs.StorageNode.Shards;

namespace SealFs.StorageNode.Purge;

/// <summary>A chunk's record as it was read: a hash of all of it tells whether it has changed since.</summary>
internal readonly record struct RecordedChunk(ChunkKey Key, ulong Blocks, ulong Dirty, ulong RecordHash);

/// <summary>The chunk records of a volume in a shard, page by page: no iterator is held between two of them.</summary>
internal sealed class ChunkPages(IMetadataEngine engine, ShardId shard, VolumeId volume)
{
    private readonly byte[] _next = new byte[MetadataKey.MaxLength];
    private int _length = -1;

    public List<RecordedChunk> Page { get; } = [];

    /// <summary>Reads the next page; false when there is none. Records that cannot be read are left to fsck.</summary>
    public bool MoveNext()
    {
        Page.Clear();
        if (_length < 0)
            _length = MetadataKey.Prefix(_next, shard, volume).Length;
        else if (_length == 0)
            return false;
        Span<byte> end = stackalloc byte[MetadataKey.MaxLength];
        using var rows = engine.Scan(Table.Chunks, _next.AsSpan(0, _length), MetadataKey.PrefixEnd(end, shard, volume));
        _length = 0;
        while (rows.MoveNext())
        {
            if (Page.Count == PurgeLimits.Page)
            {
                rows.Key.CopyTo(_next);
                _length = rows.Key.Length;
                break;
            }

            if (ChunkRecord.TryRead(rows.Value, out var record))
                Page.Add(new RecordedChunk(ChunkScan.KeyOf(shard, volume, rows.Key), record.Blocks, record.Dirty, XxHash3.HashToUInt64(rows.Value)));
        }

        return Page.Count > 0 || _length > 0;
    }
}
