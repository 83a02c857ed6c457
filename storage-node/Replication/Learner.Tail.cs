using System.Buffers.Binary;
using SealFs.Core;
using SealFs.Core.Messages;
using SealFs.Core.Rpc;
using SealFs.Core.Wire;
using SealFs.StorageNode.Chunks;
using SealFs.StorageNode.Engine;
using SealFs.StorageNode.Purge;
using SealFs.StorageNode.Shards;

namespace SealFs.StorageNode.Replication;

/// <summary>What came into the source's log: effects are applied, and written blocks noted.</summary>
internal sealed partial class Learner
{
    private const int ApplyBytes = 256 * 1024;

    private async Task TailAsync(uint waitMs, ulong until = ulong.MaxValue)
    {
        var request = new EffectTailRequest(_attachment, _position, waitMs, ReplicationLimits.PageBytes);
        using var response = await AskAsync(Opcode.EffectTail, request);
        var end = response.Read<EffectTailReply>().End;
        if (response.Payload.Length > 0)
        {
            await OnIoAsync(() => Apply(response, until));
            Interlocked.Add(ref _bytesCopied, response.Payload.Length);
            metrics.Copied(response.Payload.Length);
            _node.Hit(MoveSteps.TailApplied);
        }

        Volatile.Write(ref _sourceEnd, end);
    }

    /// <summary>Until there is no more at the moment, with all blocks that are new.</summary>
    private async Task CatchUpAsync(CancellationToken cancellation)
    {
        do
        {
            cancellation.ThrowIfCancellationRequested();
            await TailAsync(0);
            if (Behind <= ReplicationLimits.NearEffects)
                await FetchAllAsync(cancellation);
        }
        while (Behind > 0);
    }

    private async Task CatchUpToAsync(ulong position, CancellationToken cancellation)
    {
        while (_position < position)
        {
            cancellation.ThrowIfCancellationRequested();
            await TailAsync(0, position);
        }
    }

    private ulong Apply(RpcResponse response, ulong until)
    {
        using var batch = new EffectBatch();
        var entries = response.Payload;
        var position = _position;
        while (entries.Length >= EffectLog.HeadBytes && position < until)
        {
            var length = BinaryPrimitives.ReadInt32LittleEndian(entries[1..]);
            if (length < 0 || length > entries.Length - EffectLog.HeadBytes)
                throw new CopyFailedException($"Node {Source} sent changes that are cut off.");
            Apply(entries[0], entries.Slice(EffectLog.HeadBytes, length), batch);
            entries = entries[(EffectLog.HeadBytes + length)..];
            position++;
        }

        // Not before: should an entry fail, all of them are applied again.
        Flush(batch);
        return _position = position;
    }

    private void Apply(byte kind, ReadOnlySpan<byte> entry, EffectBatch batch)
    {
        if (kind == EffectLog.Effects && entry.Length >= sizeof(ulong))
            ApplyEffects(entry[sizeof(ulong)..], batch);
        else if (kind == EffectLog.Blocks && ChunkEntryOf(entry) is var (key, blocks))
            WantLater(key, blocks);
        else
            throw new CopyFailedException($"Node {Source} sent a change of unknown kind {kind}.");
    }

    private (ChunkKey Key, ulong Blocks)? ChunkEntryOf(ReadOnlySpan<byte> entry)
    {
        var reader = new WireReader(entry);
        var key = new ChunkKey(Shard, new VolumeId(reader.U32()), reader.Inode(), new ChunkIndex(reader.U64()));
        var blocks = reader.U64();
        return reader.Complete ? (key, blocks) : null;
    }

    private void ApplyEffects(ReadOnlySpan<byte> bytes, EffectBatch batch)
    {
        var effects = new EffectReader(bytes);
        while (effects.MoveNext())
        {
            var isRange = effects.Kind == EffectKind.DeleteRange;
            if (!CopyRows.IsOf(Shard, effects.Key) || (isRange && effects.Value.SequenceCompareTo(CopyRows.End(Shard)) > 0))
                throw new CopyFailedException($"Node {Source} sent a change of another shard.");
            if (effects.Table != Table.Chunks)
                continue;
            if (effects.Kind == EffectKind.Delete)
            {
                RemoveFile(effects.Key);
            }
            else if (isRange)
            {
                Flush(batch);
                RemoveFiles(effects.Key, effects.Value);
            }
        }

        if (effects.Failed)
            throw new CopyFailedException($"Node {Source} sent a change that is none.");
        batch.Append(bytes);
        if (batch.Bytes.Length > ApplyBytes)
            Flush(batch);
    }

    private void Flush(EffectBatch batch)
    {
        if (batch.Count == 0)
            return;
        _node.Engine.Apply(batch);
        batch.Clear();
    }

    private void RemoveFile(ReadOnlySpan<byte> record)
    {
        if (record.Length != MetadataKey.PrefixLength + 16)
            throw new CopyFailedException($"Node {Source} sent a chunk's record under a key that is none.");
        var key = KeyOf(record);
        Forget(key);

        // A file of another number that a record here does not name yet is none of the chunk when it comes again, and is found by the collector.
        Span<byte> row = stackalloc byte[Chunks.ChunkRecord.MaxBytes];
        var length = _node.Engine.Get(Table.Chunks, record, row);
        if (length > 0 && Chunks.ChunkRecord.TryRead(row[..length], out var stored))
            key = key with { Generation = stored.Generation };
        Require(data.Store.Remove(key), key);
    }

    /// <summary>A whole volume goes, or a part of it.</summary>
    private void RemoveFiles(ReadOnlySpan<byte> from, ReadOnlySpan<byte> end)
    {
        using (var rows = _node.Engine.Scan(Table.Chunks, from, end))
        {
            while (rows.MoveNext())
                RemoveFile(rows.Key);
        }

        if (from.Length != MetadataKey.PrefixLength)
            return;
        var volume = new VolumeId(BinaryPrimitives.ReadUInt32BigEndian(from[4..]));
        int removed;
        do
        {
            if (data.Store.RemoveSome(volume, Shard, PurgeLimits.VolumeStep, out removed) != Errno.None)
                throw new CopyFailedException($"The chunk files of deleted volume {volume} cannot be removed.");
        }
        while (removed == PurgeLimits.VolumeStep);
    }

    private ChunkKey KeyOf(ReadOnlySpan<byte> record) =>
        Checks.ChunkScan.KeyOf(Shard, new VolumeId(BinaryPrimitives.ReadUInt32BigEndian(record[4..])), record);
}
