using SealFs.StorageNode.Engine;

namespace SealFs.StorageNode.Shards;

/// <summary>The part of a commit that keeps the shard's own counters.</summary>
public sealed partial class Mutation
{
    private ulong _reserved;

    /// <summary>
    /// Every batch carries the shard's effect sequence: in the usage row of its volume, which most commits write anyway, or else in the shard's state row.
    /// Whoever opens the shard takes the greatest of them.
    /// </summary>
    private void StageState()
    {
        var sequence = _shard.EffectSequence + 1;
        Span<byte> key = stackalloc byte[MetadataKey.MaxLength];
        Span<byte> value = stackalloc byte[ShardStateRow.MaxBytes];
        var reserves = _nextInode > _shard.InodeSequenceReserved;
        _reserved = reserves ? _nextInode + NodeLimits.InodeSequenceBlock : _shard.InodeSequenceReserved;
        if (reserves || Volume.Value == 0)
        {
            var state = new ShardStateRow(sequence, _reserved);
            _batch.Put(Table.Metadata, MetadataKey.ShardState(key, _shard.Id), state.Encode(value));
        }

        if (Volume.Value != 0)
        {
            var usage = _shard.Usage(Volume).After(_usage, sequence);
            _batch.Put(Table.Metadata, MetadataKey.Usage(key, _shard.Id, Volume), usage.Encode(value));
        }
    }

    /// <summary>
    /// Before the first number is given out after a start: those of the last life that a machine may have lost were left out, and this must not be forgotten itself, or the next start would
    /// give out the numbers of this one.
    /// </summary>
    private void RequireCertainInodes()
    {
        if (_shard.HasCertainInodes)
            return;
        ReserveInodes();
        _engine.Sync();
        _shard.HasCertainInodes = true;
    }

    /// <summary>Writes a reservation on its own, in front of whatever is staged.</summary>
    private void ReserveInodes()
    {
        _shard.RequireServing();
        var reserved = _nextInode + NodeLimits.InodeSequenceBlock;
        var state = new ShardStateRow(_shard.EffectSequence + 1, reserved);
        using var batch = new EffectBatch();
        Span<byte> key = stackalloc byte[MetadataKey.MaxLength];
        Span<byte> value = stackalloc byte[ShardStateRow.MaxBytes];
        batch.Put(Table.Metadata, MetadataKey.ShardState(key, _shard.Id), state.Encode(value));
        _engine.Apply(batch);
        _shard.Log?.Append(_shard.EffectSequence + 1, batch.Bytes);
        _shard.EffectSequence++;
        _shard.InodeSequenceReserved = reserved;
    }

    private void Committed()
    {
        _shard.EffectSequence++;
        _shard.NextInode = _nextInode;
        _shard.InodeSequenceReserved = _reserved;
        if (_hasUsage)
            _shard.Usage(Volume).Apply(_usage);
        _usage = default;
        _hasUsage = false;
        if (_hasStagedDirectory)
            KeepStagedDirectory();
        _batch.Clear();
    }
}
