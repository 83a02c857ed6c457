using System.Buffers.Binary;
using System.Numerics;
using SealFs.Core;
using SealFs.Core.Messages;
using SealFs.StorageNode.Chunks;
using SealFs.StorageNode.Shards;

namespace SealFs.StorageNode.Replication;

/// <summary>Contents of chunks, verified on the way out.</summary>
internal sealed unsafe partial class SourceOperations
{
    private void Blocks(NodeRequest request)
    {
        if (!request.TryRead<ChunkBlocksRequest>(out var message) || LogOf(request, message.Attachment) is null)
            return;
        if (BitOperations.PopCount(message.Blocks) > ReplicationLimits.BlocksPerCall)
        {
            request.Reply(Errno.EINVAL);
            return;
        }

        var key = new ChunkKey(request.Shard.Id, request.Volume, message.Inode, message.Chunk);
        var target = request.RentPayload(ReplicationLimits.BlocksPerCall * (ChunkLimits.BlockBytes + sizeof(uint)));

        // What has retired changes no more, and its chunks are not in memory: the record is read afresh.
        var error = request.Shard.IsRetired
            ? FillRetired(key, message.Blocks, target, out var reply, out var length)
            : Fill(key, message.Blocks, target, out reply, out length);
        if (error != Errno.None)
            request.Reply(error);
        else if (length == 0)
            request.Reply(Errno.None, in reply);
        else
            request.ReplyRented(Errno.None, in reply, length);
    }

    private Errno Fill(in ChunkKey key, ulong wanted, byte* target, out ChunkBlocksReply reply, out int length)
    {
        reply = default;
        length = 0;
        var chunk = _data.Chunks.Acquire(key);
        chunk.Enter();
        try
        {
            var error = chunk.EnsureLoaded();
            if (error == Errno.WrongEpoch)
                return FillRetired(key, wanted, target, out reply, out length);
            if (error != Errno.None || !chunk.Exists)
                return error;
            var blocks = wanted & chunk.Blocks;
            var damaged = 0UL;
            length = BitOperations.PopCount(blocks) * sizeof(uint);
            var sums = target;
            for (var rest = blocks; rest != 0; rest &= rest - 1, sums += sizeof(uint))
            {
                var block = BitOperations.TrailingZeroCount(rest);
                var bytes = BytesOf(block, chunk.Length);
                var scratch = ChunkScratch.Block;
                error = chunk.Read((uint)block * ChunkLimits.BlockBytes, scratch, ChunkLimits.BlockBytes);
                if (error == Errno.EIO && ((chunk.Dirty & (1UL << block)) == 0 || (chunk.MissingBlocks & (1UL << block)) != 0))
                {
                    // The learner gets the damage as it is: it shows there as it does here.
                    damaged |= 1UL << block;
                    error = _data.Store.Read(chunk.FileKey, (uint)block * ChunkLimits.BlockBytes, scratch, ChunkLimits.BlockBytes);
                }

                if (error != Errno.None)
                    return error;
                Put(target, sums, scratch, bytes, ref length);
            }

            reply = new ChunkBlocksReply(true, chunk.Length, blocks, damaged, chunk.Generation);
            return Errno.None;
        }
        finally
        {
            _data.Chunks.ExitAndRelease(chunk);
        }
    }

    private Errno FillRetired(in ChunkKey key, ulong wanted, byte* target, out ChunkBlocksReply reply, out int length)
    {
        reply = default;
        length = 0;
        Span<byte> keyBytes = stackalloc byte[MetadataKey.MaxLength];
        Span<byte> row = stackalloc byte[ChunkRecord.MaxBytes];
        var rowBytes = _node.Engine.Get(Engine.Table.Chunks, MetadataKey.Chunk(keyBytes, key.Shard, key.Volume, key.Inode, key.Chunk), row);
        if (rowBytes < 0)
            return Errno.None;
        if (!ChunkRecord.TryRead(row[..rowBytes], out var record))
            return Errno.EIO;
        var file = key with { Generation = record.Generation };
        var error = _data.Store.GetLength(file, out var stored);
        if (error != Errno.None)
            return error;
        var end = record.Dirty == 0 ? record.EndBytes : (uint)Math.Min(stored, record.EndBytes);
        var blocks = wanted & record.Blocks;
        var damaged = 0UL;
        length = BitOperations.PopCount(blocks) * sizeof(uint);
        var sums = target;
        for (var rest = blocks; rest != 0; rest &= rest - 1, sums += sizeof(uint))
        {
            var block = BitOperations.TrailingZeroCount(rest);
            var scratch = ChunkScratch.Block;
            error = _data.Store.Read(file, (uint)block * ChunkLimits.BlockBytes, scratch, ChunkLimits.BlockBytes);
            if (error != Errno.None)
                return error;
            var bytes = BytesOf(block, end);
            new Span<byte>(scratch + bytes, (int)(ChunkLimits.BlockBytes - bytes)).Clear();
            if (CopiedChunk.SumOf(in record, block) is { } sum && Crc32C.Sum(scratch, ChunkLimits.BlockBytes) != sum)
                damaged |= 1UL << block;
            Put(target, sums, scratch, bytes, ref length);
        }

        reply = new ChunkBlocksReply(true, end, blocks, damaged, record.Generation);
        return Errno.None;
    }

    /// <summary>What is sent of a block: what lies before the end of the chunk's bytes.</summary>
    private static uint BytesOf(int block, uint end)
    {
        var start = (uint)block * ChunkLimits.BlockBytes;
        return end <= start ? 0 : Math.Min(end - start, ChunkLimits.BlockBytes);
    }

    private static void Put(byte* target, byte* sums, byte* block, uint bytes, ref int length)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(new Span<byte>(sums, sizeof(uint)), Crc32C.Sum(block, (int)bytes));
        new ReadOnlySpan<byte>(block, (int)bytes).CopyTo(new Span<byte>(target + length, (int)bytes));
        length += (int)bytes;
    }
}
