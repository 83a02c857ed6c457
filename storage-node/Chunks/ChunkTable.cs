using System.Numerics;
using Microsoft.Extensions.Logging;
using SealFs.Core;
using SealFs.StorageNode.Shards;

namespace SealFs.StorageNode.Chunks;

/// <summary>
/// The chunks of a node that are in memory: least recently used out first, but never one that is dirty or in use. Its lock is a leaf: nothing
/// else is taken and no system call made while it is held. Order of locks: a chunk's own before a shard's gate; whoever holds a gate may only
/// try a chunk's (<see cref="Chunk.TryEnter"/>).
/// </summary>
public sealed partial class ChunkTable(IChunkStore store, IChunkRecords records, ILogger logger, TimeProvider? time = null)
{
    private readonly Lock _lock = new();
    private readonly Dictionary<ChunkKey, Chunk> _chunks = [];
    private readonly Stack<Chunk> _free = new();
    private readonly Stack<uint[]>[] _sums = [new(), new(), new(), new(), new(), new(), new()];
    private readonly TimeProvider _time = time ?? TimeProvider.System;
    private Chunk? _newest;
    private Chunk? _oldest;
    private int _sumBlocks;
    private long _mismatches;
    private long _missing;
    private readonly LogRate _syncFailures = new(time ?? TimeProvider.System, perSecond: 1);

    public IChunkStore Store => store;

    public IChunkRecords Records => records;

    public int Count
    {
        get
        {
            lock (_lock)
                return _chunks.Count;
        }
    }

    /// <summary>Blocks found damaged since the start.</summary>
    public long Mismatches => Interlocked.Read(ref _mismatches);

    /// <summary>Pieces of 4 KiB found lost since the start.</summary>
    public long MissingCount => Interlocked.Read(ref _missing);

    /// <summary>The machine has lost power before this start or an earlier one: bytes that were written and not synced may be gone. After the death of the process alone none are.</summary>
    public bool BytesMayBeLost { get; set; }

    /// <summary>Told of every damaged block that a read or a check met.</summary>
    public Action<ChunkKey, int>? Damaged { get; set; }

    /// <summary>Told, with the chunk's lock held, which blocks were written.</summary>
    internal Action<ChunkKey, ulong>? BlocksWritten { get; set; }

    internal long NowMs => _time.GetTimestamp() * 1000 / _time.TimestampFrequency;

    /// <summary>The chunk, which stays in memory until <see cref="Release"/>. Not entered and perhaps not loaded yet.</summary>
    public Chunk Acquire(in ChunkKey key)
    {
        lock (_lock)
        {
            if (!_chunks.TryGetValue(key, out var chunk))
            {
                chunk = _free.Count > 0 ? _free.Pop() : new Chunk(this);
                chunk.Key = key;
                _chunks.Add(key, chunk);
                LinkNewest(chunk);
                chunk.Pins = 1;
                Trim();
                return chunk;
            }

            chunk.Pins++;
            if (!ReferenceEquals(chunk, _newest))
            {
                Unlink(chunk);
                LinkNewest(chunk);
            }

            return chunk;
        }
    }

    /// <summary>As <see cref="Acquire"/>, or null when the chunk is not in memory.</summary>
    public Chunk? TryAcquire(in ChunkKey key)
    {
        lock (_lock)
        {
            if (!_chunks.TryGetValue(key, out var chunk))
                return null;
            chunk.Pins++;
            return chunk;
        }
    }

    /// <summary>Leaves a chunk and lets it go.</summary>
    public void ExitAndRelease(Chunk chunk)
    {
        chunk.Exit();
        Release(chunk);
    }

    public void Release(Chunk chunk)
    {
        lock (_lock)
        {
            if (--chunk.Pins == 0 && chunk.IsDoomed)
                chunk.Reset();
        }
    }

    /// <summary>Forgets all chunks of a volume's shard, or of a whole shard; what is in use is left to whoever uses it.</summary>
    public void Forget(ShardId shard, VolumeId? volume)
    {
        lock (_lock)
        {
            for (var chunk = _oldest; chunk is not null;)
            {
                var next = chunk.Newer;
                if (chunk.Key.Shard == shard && (volume is null || chunk.Key.Volume == volume) && chunk.Pins == 0)
                {
                    RemoveDirty(chunk);
                    RemoveUnsynced(chunk);
                    Evict(chunk);
                }

                chunk = next;
            }
        }
    }

    internal uint[] RentSums(int length)
    {
        lock (_lock)
        {
            _sumBlocks += length / (1 + ChunkLimits.PiecesPerBlock);
            var pool = _sums[SizeClass(length)];
            if (pool.Count == 0)
                return new uint[length];
            var sums = pool.Pop();
            Array.Clear(sums);
            return sums;
        }
    }

    internal void ReturnSums(uint[] sums)
    {
        if (sums.Length == 0)
            return;
        lock (_lock)
        {
            _sumBlocks -= sums.Length / (1 + ChunkLimits.PiecesPerBlock);
            var pool = _sums[SizeClass(sums.Length)];
            if (pool.Count < ChunkLimits.PooledSums)
                pool.Push(sums);
        }
    }

    internal void NoteMismatch(in ChunkKey key, int block, bool isDoomed)
    {
        if (isDoomed)
            return;
        Interlocked.Increment(ref _mismatches);
        LogMismatch(logger, key.Volume.Value, key.Shard.Value, key.Inode, key.Chunk.Value, block);
        Damaged?.Invoke(key, block);
    }

    internal void NoteMissing(in ChunkKey key, int block, int pieces, bool isDoomed)
    {
        if (isDoomed)
            return;
        Interlocked.Add(ref _missing, pieces);
        LogMissing(logger, key.Volume.Value, key.Shard.Value, key.Inode, key.Chunk.Value, block, pieces);
    }

    internal void LogBadRecord(in ChunkKey key) => LogBadRecord(logger, key.Volume.Value, key.Shard.Value, key.Inode, key.Chunk.Value);

    private static int SizeClass(int length) => BitOperations.Log2((uint)length / (1 + ChunkLimits.PiecesPerBlock));

    private void Trim()
    {
        var chunk = _oldest;
        for (var looked = 0; chunk is not null && looked < 64 && IsFull; looked++)
        {
            var next = chunk.Newer;
            if (chunk.Pins == 0 && !chunk.InDirtyList && !chunk.InUnsyncedChain)
                Evict(chunk);
            chunk = next;
        }
    }

    private bool IsFull => _chunks.Count > ChunkLimits.CachedChunks || _sumBlocks > ChunkLimits.CachedBlocks;

    private void Evict(Chunk chunk)
    {
        _chunks.Remove(chunk.Key);
        Unlink(chunk);
        chunk.Reset();
        if (_free.Count < ChunkLimits.PooledSums)
            _free.Push(chunk);
    }

    private void LinkNewest(Chunk chunk)
    {
        chunk.Newer = null;
        chunk.Older = _newest;
        if (_newest is not null)
            _newest.Newer = chunk;
        _newest = chunk;
        _oldest ??= chunk;
    }

    private void Unlink(Chunk chunk)
    {
        if (chunk.Older is not null)
            chunk.Older.Newer = chunk.Newer;
        else
            _oldest = chunk.Newer;
        if (chunk.Newer is not null)
            chunk.Newer.Older = chunk.Older;
        else
            _newest = chunk.Older;
    }
}
