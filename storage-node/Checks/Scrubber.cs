using System.Diagnostics.Metrics;
using System.Numerics;
using Microsoft.Extensions.Logging;
using SealFs.Core;
using SealFs.StorageNode.Chunks;
using SealFs.StorageNode.Engine;
using SealFs.StorageNode.Files;
using SealFs.StorageNode.Shards;

namespace SealFs.StorageNode.Checks;

/// <summary>
/// Walks all chunks of the node for ever, slowly, and compares every block with its sum. Along the way it seals what a crash had left dirty, so that nothing
/// stays unverified for longer than one round. Damage is logged and counted where it is found (<see cref="ChunkTable"/>).
/// </summary>
public sealed partial class Scrubber : IAsyncDisposable
{
    private static readonly Meter s_meter = new("SealFs.StorageNode.Scrubber");
    private static readonly Counter<long> s_bytes = s_meter.CreateCounter<long>("sealfs_scrub_bytes", "By", "Bytes read and compared with their checksums");
    private static readonly Counter<long> s_damaged = s_meter.CreateCounter<long>("sealfs_scrub_damaged_blocks", "{block}", "Blocks that did not agree");

    private readonly FileData _data;
    private readonly ILogger _logger;
    private readonly long _bytesPerSecond;
    private readonly CancellationTokenSource _stopping = new();
    private readonly Task _running;
    private long _rounds;

    public Scrubber(FileData data, ILogger logger, long bytesPerSecond = CheckLimits.ScrubBytesPerSecond)
    {
        _data = data;
        _logger = logger;
        _bytesPerSecond = bytesPerSecond;
        _running = Task.Factory.StartNew(Run, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
    }

    /// <summary>Complete walks since the start.</summary>
    public long Rounds => Interlocked.Read(ref _rounds);

    public async ValueTask DisposeAsync()
    {
        _stopping.Cancel();
        await _running;
        _stopping.Dispose();
    }

    private void Run()
    {
        while (!_stopping.IsCancellationRequested)
        {
            foreach (var shard in _data.Node.Shards.Opened())
                _data.Node.Guard("Scrubbing", () => ScrubShard(shard));
            Interlocked.Increment(ref _rounds);
            _stopping.Token.WaitHandle.WaitOne(1000);
        }
    }

    private void ScrubShard(Shard shard)
    {
        var page = new List<ChunkKey>();
        var next = new byte[MetadataKey.MaxLength];
        var length = MetadataKey.Prefix(next, shard.Id, default).Length;
        while (!_stopping.IsCancellationRequested)
        {
            length = List(shard.Id, next, length, page);
            foreach (var key in page)
            {
                if (!_stopping.IsCancellationRequested)
                    Pause(ScrubChunk(key));
            }

            if (length == 0)
                return;
        }
    }

    /// <summary>Fills the page; the key to go on with is left in the buffer. Answers its length, 0 at the end of the shard.</summary>
    private int List(ShardId shard, byte[] next, int length, List<ChunkKey> page)
    {
        page.Clear();
        Span<byte> end = stackalloc byte[MetadataKey.MaxLength];
        using var rows = _data.Node.Engine.Scan(
            Table.Chunks, next.AsSpan(0, length), MetadataKey.PrefixEnd(end, shard, new VolumeId(uint.MaxValue)));
        while (rows.MoveNext())
        {
            if (page.Count == CheckLimits.ScrubPage)
            {
                rows.Key.CopyTo(next);
                return rows.Key.Length;
            }

            var volume = new VolumeId(System.Buffers.Binary.BinaryPrimitives.ReadUInt32BigEndian(rows.Key[4..]));
            page.Add(ChunkScan.KeyOf(shard, volume, rows.Key));
        }

        return 0;
    }

    private long ScrubChunk(in ChunkKey key)
    {
        var chunk = _data.Chunks.Acquire(key);
        chunk.Enter();
        try
        {
            if (chunk.EnsureLoaded() != Errno.None)
                return 0;
            var bytes = chunk.Verify(out var damaged) == Errno.None ? (long)BitOperations.PopCount(chunk.Blocks) * ChunkLimits.BlockBytes : 0;
            s_bytes.Add(bytes);
            if (damaged != 0)
            {
                s_damaged.Add(BitOperations.PopCount(damaged));
                LogDamaged(_logger, key.Volume.Value, key.Shard.Value, key.Inode, key.Chunk.Value, damaged);
            }

            return bytes;
        }
        finally
        {
            _data.Chunks.ExitAndRelease(chunk);
        }
    }

    private void Pause(long bytes)
    {
        if (bytes > 0)
            _stopping.Token.WaitHandle.WaitOne(TimeSpan.FromSeconds((double)bytes / _bytesPerSecond));
    }

    [LoggerMessage(3200, LogLevel.Error, "Scrubbing found damage: volume {Volume} shard {Shard} inode {Inode} chunk {Chunk}, blocks {Damaged:x}")]
    private static partial void LogDamaged(ILogger logger, uint volume, uint shard, InodeId inode, ulong chunk, ulong damaged);
}
