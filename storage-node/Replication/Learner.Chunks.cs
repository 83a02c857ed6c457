using System.Buffers.Binary;
using System.Numerics;
using SealFs.Core;
using SealFs.Core.Messages;
using SealFs.Core.Rpc;
using SealFs.Core.Wire;
using SealFs.StorageNode.Chunks;
using SealFs.StorageNode.Engine;

namespace SealFs.StorageNode.Replication;

/// <summary>
/// Contents of chunks. What is fetched may be newer than the record that is here, which then follows; at the end every block that was written has been fetched after its last write. Files are
/// written straight to the store: nobody serves the shard here, so nobody has its chunks in memory.
/// </summary>
internal sealed partial class Learner
{
    private readonly Dictionary<ChunkKey, ulong> _pending = [];

    /// <summary>Being written. Most will be written again before the end: they are fetched when everything else is here.</summary>
    private readonly Dictionary<ChunkKey, ulong> _later = [];
    private readonly Dictionary<ChunkKey, ulong> _damaged = [];
    private readonly HashSet<ChunkKey> _written = [];

    /// <summary>A block that is written a hundred times is fetched once.</summary>
    private int BlocksLater
    {
        get
        {
            lock (_gate)
                return _later.Values.Sum(blocks => BitOperations.PopCount(blocks) + 1);
        }
    }

    /// <summary>The blocks (perhaps none: then the length alone) have to be fetched.</summary>
    private void Want(in ChunkKey key, ulong blocks)
    {
        lock (_gate)
            _pending[key] = _pending.GetValueOrDefault(key) | blocks;
    }

    /// <summary>As <see cref="Want"/>, for blocks that are written just now.</summary>
    private void WantLater(in ChunkKey key, ulong blocks)
    {
        lock (_gate)
        {
            var isPending = _pending.TryGetValue(key, out var pending);
            if (!isPending || (blocks & ~pending) != 0)
                _later[key] = _later.GetValueOrDefault(key) | (blocks & ~pending);
        }
    }

    private void Forget(in ChunkKey key)
    {
        lock (_gate)
        {
            _pending.Remove(key);
            _later.Remove(key);
            _damaged.Remove(key);
        }
    }

    /// <summary>
    /// A page of records is here: what their files lack is wanted. What they have may have been written by an earlier learner, which died before it synced, so all of it is synced.
    /// </summary>
    private void CheckRecords(byte[] from, byte[] next)
    {
        using var rows = _node.Engine.Scan(Table.Chunks, from, next);
        while (rows.MoveNext())
        {
            if (!ChunkRecord.TryRead(rows.Value, out var record))
                continue;
            var key = KeyOf(rows.Key);
            var missing = CopiedChunk.Differing(data.Store, key, in record);
            if (missing != 0)
                Want(key, missing);
            if (record.Untrusted != 0)
                WantLater(key, record.Untrusted);
            lock (_gate)
                _written.Add(key with { Generation = record.Generation });
        }
    }

    /// <summary>Fetches everything that is wanted, also what was written up to now.</summary>
    private Task FetchAllAsync(CancellationToken cancellation, bool throttled = true)
    {
        lock (_gate)
        {
            foreach (var (key, blocks) in _later)
                _pending[key] = _pending.GetValueOrDefault(key) | blocks;
            _later.Clear();
        }

        return FetchAsync(cancellation, throttled);
    }

    /// <summary>Fetches what is wanted at once.</summary>
    private async Task FetchAsync(CancellationToken cancellation, bool throttled = true)
    {
        while (TakeWanted() is { Count: > 0 } wanted)
        {
            cancellation.ThrowIfCancellationRequested();
            await Task.WhenAll(wanted.Select(chunk => FetchAsync(chunk.Key, chunk.Blocks)));
            if (throttled)
                await ThrottleAsync(cancellation);
        }
    }

    /// <summary>Some chunks, each with as many blocks as one answer has.</summary>
    private List<(ChunkKey Key, ulong Blocks)> TakeWanted()
    {
        var taken = new List<(ChunkKey, ulong)>();
        lock (_gate)
        {
            foreach (var (key, blocks) in _pending.Take(ReplicationLimits.ParallelChunks))
            {
                var part = 0UL;
                for (var rest = blocks; rest != 0 && BitOperations.PopCount(part) < ReplicationLimits.BlocksPerCall; rest &= rest - 1)
                    part |= rest & (~rest + 1);
                taken.Add((key, part));
            }

            foreach (var (key, part) in taken)
            {
                if ((_pending[key] & ~part) == 0)
                    _pending.Remove(key);
                else
                    _pending[key] &= ~part;
            }
        }

        return taken;
    }

    private async Task FetchAsync(ChunkKey key, ulong blocks)
    {
        try
        {
            using var response = await AskAsync(Opcode.ChunkBlocks, new ChunkBlocksRequest(_attachment, key.Inode, key.Chunk, blocks), key.Volume);
            await OnIoAsync(() => Store(key, blocks, response));
            Spent(response.Payload.Length);
        }
        catch
        {
            // Whoever tries again has to fetch them still.
            Want(key, blocks);
            throw;
        }
    }

    private bool Store(ChunkKey key, ulong wanted, RpcResponse response)
    {
        var reply = response.Read<ChunkBlocksReply>();

        // Its record goes, or has never come: the effect says so.
        if (!reply.Exists)
            return false;
        var blocks = reply.Blocks;
        var payload = response.Payload;
        var sums = payload[..Math.Min(payload.Length, BitOperations.PopCount(blocks) * sizeof(uint))];
        var bytes = payload[sums.Length..];
        if ((blocks & ~wanted) != 0 || sums.Length != BitOperations.PopCount(blocks) * sizeof(uint))
            throw new CopyFailedException($"Node {Source} sent blocks that are none.");
        var file = key with { Generation = reply.Generation };
        lock (_gate)
        {
            _written.Add(file);
            NoteDamage(key, blocks, reply.Damaged);
        }

        for (var rest = blocks; rest != 0; rest &= rest - 1, sums = sums[sizeof(uint)..])
        {
            var start = (uint)BitOperations.TrailingZeroCount(rest) * ChunkLimits.BlockBytes;
            var length = (int)(reply.LengthBytes <= start ? 0 : Math.Min(reply.LengthBytes - start, ChunkLimits.BlockBytes));
            if (length > bytes.Length)
                throw new CopyFailedException($"Node {Source} sent blocks that are cut off.");
            Store(file, start, bytes[..length], BinaryPrimitives.ReadUInt32LittleEndian(sums));
            bytes = bytes[length..];
        }

        // Where the bytes of a dirty chunk end, only its file says.
        Require(data.Store.GetLength(file, out var stored), key);
        if (stored != reply.LengthBytes)
            Require(data.Store.Truncate(file, reply.LengthBytes), key);
        return true;
    }

    private unsafe void Store(in ChunkKey key, uint start, ReadOnlySpan<byte> bytes, uint sum)
    {
        if (Crc32C.Sum(bytes) != sum)
            throw new CopyFailedException($"A block of {key} was damaged on its way.");
        if (bytes.IsEmpty)
            return;
        fixed (byte* source = bytes)
            Require(data.Store.Write(key, start, source, (uint)bytes.Length), key);
        var back = ChunkScratch.Block;
        Require(data.Store.Read(key, start, back, (uint)bytes.Length), key);
        if (Crc32C.Sum(back, bytes.Length) != sum)
            throw new CopyFailedException($"The data disk gives back something else for {key} than was written.");
    }

    private void NoteDamage(ChunkKey key, ulong blocks, ulong damaged)
    {
        var all = (_damaged.GetValueOrDefault(key) & ~blocks) | damaged;
        if (damaged != 0)
            LogDamaged(logger, key.Inode, key.Chunk.Value, damaged);
        if (all == 0)
            _damaged.Remove(key);
        else
            _damaged[key] = all;
    }

    /// <summary>Everything that was written to files is on stable storage afterwards, and then all rows.</summary>
    private bool Sync()
    {
        ChunkKey[] written;
        lock (_gate)
        {
            written = [.. _written];
            _written.Clear();
        }

        try
        {
            SyncFiles(written);
        }
        catch
        {
            // The disk may have lost them, which the next sync would not tell: they are fetched and written again.
            lock (_gate)
                _written.UnionWith(written);
            foreach (var key in written)
                Want(key, ulong.MaxValue);
            throw;
        }

        _node.Engine.Sync();
        return true;
    }

    private void SyncFiles(ChunkKey[] written)
    {
        if (written.Length > ReplicationLimits.SyncSingly)
        {
            if (data.Store.SyncAll() != Errno.None)
                throw new CopyFailedException("The data disk cannot be synced.");
            return;
        }

        foreach (var key in written)
            Require(data.Store.Sync(key), key);
    }

    private static void Require(Errno outcome, in ChunkKey key)
    {
        if (outcome != Errno.None)
            throw new CopyFailedException($"The data disk answers {outcome} for {key}.", outcome == Errno.ESTALE ? Errno.EIO : outcome);
    }
}
