using SealFs.Core;
using SealFs.Core.Wire;
using SealFs.StorageNode.Answers;
using SealFs.StorageNode.Engine;
using SealFs.StorageNode.Inodes;
using SealFs.StorageNode.Names;

namespace SealFs.StorageNode.Shards;

/// <summary>
/// What one request reads of a shard and does to it. A shard has one, in use while its gate is held, from <see cref="Shard.Begin"/> on. Reads see what was
/// staged before; <see cref="Commit()"/> applies everything staged at once. A mutation that is not committed leaves no trace.
/// </summary>
public sealed partial class Mutation : IDisposable
{
    private readonly Shard _shard;
    private readonly IMetadataEngine _engine;
    private readonly EffectBatch _batch = new();
    private ulong _nextInode;
    private VolumeUsageDelta _usage;
    private bool _hasUsage;

    internal Mutation(Shard shard, IMetadataEngine engine)
    {
        _shard = shard;
        _engine = engine;
    }

    public Shard Shard => _shard;

    /// <summary>The volume whose keys the typed reads and writes use.</summary>
    public VolumeId Volume { get; private set; }

    public IMetadataEngine Engine => _engine;

    /// <summary>True when nothing is staged.</summary>
    public bool IsEmpty => _batch.Count == 0 && !_hasUsage;

    internal EffectBatch Batch => _batch;

    /// <summary>Copies the value of a key, staged or stored. Returns its length, or -1 when there is none.</summary>
    public int Get(Table table, ReadOnlySpan<byte> key, Span<byte> target)
    {
        if (_batch.Count != 0 && _batch.TryFind(table, key, out var found, out var value))
        {
            if (!found)
                return -1;
            value.CopyTo(target);
            return value.Length;
        }

        return _engine.Get(table, key, target);
    }

    public bool Exists(Table table, ReadOnlySpan<byte> key) => LengthOf(table, key) >= 0;

    /// <summary>Length of the value of a key, staged or stored, or -1 when there is none.</summary>
    public int LengthOf(Table table, ReadOnlySpan<byte> key)
    {
        if (_batch.Count != 0 && _batch.TryFind(table, key, out var found, out var staged))
            return found ? staged.Length : -1;
        using var value = _engine.GetPinned(table, key);
        return value.Found ? value.Value.Length : -1;
    }

    public void Put(Table table, ReadOnlySpan<byte> key, ReadOnlySpan<byte> value)
    {
        ForgetDirectory(table, key);
        _batch.Put(table, key, value);
    }

    public void Delete(Table table, ReadOnlySpan<byte> key)
    {
        ForgetDirectory(table, key);
        _batch.Delete(table, key);
    }

    public void DeleteRange(Table table, ReadOnlySpan<byte> from, ReadOnlySpan<byte> end)
    {
        _directories.Clear();
        _batch.DeleteRange(table, from, end);
    }

    public bool TryGetInode(InodeId inode, out InodeRow row)
    {
        Span<byte> buffer = stackalloc byte[MetadataKey.MaxLength];
        Span<byte> value = stackalloc byte[InodeRow.MaxBytes];
        var key = MetadataKey.Inode(buffer, _shard.Id, Volume, inode);
        if (_batch.Count != 0 && _batch.TryFind(Table.Metadata, key, out var found, out var staged))
        {
            row = found ? InodeRow.Decode(staged) : default;
            return found;
        }

        if (_directories.TryGet(Volume, inode, out row))
            return true;
        var length = _engine.Get(Table.Metadata, key, value);
        if (length < 0)
            return false;
        row = InodeRow.Decode(value[..length]);
        _directories.Keep(Volume, in row);
        return true;
    }

    public void PutInode(in InodeRow row)
    {
        Span<byte> key = stackalloc byte[MetadataKey.MaxLength];
        Span<byte> value = stackalloc byte[InodeRow.MaxBytes];
        _batch.Put(Table.Metadata, MetadataKey.Inode(key, _shard.Id, Volume, row.Id), row.Encode(value));
        if (row.IsDirectory)
            StageDirectory(in row);
    }

    public void DeleteInode(InodeId inode)
    {
        Span<byte> key = stackalloc byte[MetadataKey.MaxLength];
        _directories.Forget(inode);
        _batch.Delete(Table.Metadata, MetadataKey.Inode(key, _shard.Id, Volume, inode));
    }

    public bool TryGetDentry(InodeId directory, ReadOnlySpan<byte> name, out DentryRow row)
    {
        Span<byte> key = stackalloc byte[MetadataKey.MaxLength];
        Span<byte> value = stackalloc byte[DentryRow.Bytes];
        var length = Get(Table.Metadata, MetadataKey.Dentry(key, _shard.Id, Volume, directory, name), value);
        row = length < 0 ? default : DentryRow.Decode(value[..length]);
        return length >= 0;
    }

    public void PutDentry(InodeId directory, ReadOnlySpan<byte> name, DentryRow row)
    {
        Span<byte> key = stackalloc byte[MetadataKey.MaxLength];
        Span<byte> value = stackalloc byte[DentryRow.Bytes];
        _batch.Put(Table.Metadata, MetadataKey.Dentry(key, _shard.Id, Volume, directory, name), row.Encode(value));
    }

    public void DeleteDentry(InodeId directory, ReadOnlySpan<byte> name)
    {
        Span<byte> key = stackalloc byte[MetadataKey.MaxLength];
        _batch.Delete(Table.Metadata, MetadataKey.Dentry(key, _shard.Id, Volume, directory, name));
    }

    public bool TryGetPartition(InodeId directory, PartitionIndex partition, out PartitionRow row)
    {
        Span<byte> key = stackalloc byte[MetadataKey.MaxLength];
        Span<byte> value = stackalloc byte[PartitionRow.Bytes];
        var length = Get(Table.Metadata, MetadataKey.Partition(key, _shard.Id, Volume, directory, partition), value);
        row = length < 0 ? default : PartitionRow.Decode(value[..length]);
        return length >= 0;
    }

    public void PutPartition(InodeId directory, PartitionIndex partition, in PartitionRow row)
    {
        Span<byte> key = stackalloc byte[MetadataKey.MaxLength];
        Span<byte> value = stackalloc byte[PartitionRow.Bytes];
        _batch.Put(Table.Metadata, MetadataKey.Partition(key, _shard.Id, Volume, directory, partition), row.Encode(value));
    }

    public void DeletePartition(InodeId directory, PartitionIndex partition)
    {
        Span<byte> key = stackalloc byte[MetadataKey.MaxLength];
        _batch.Delete(Table.Metadata, MetadataKey.Partition(key, _shard.Id, Volume, directory, partition));
    }

    /// <summary>Changes the usage of this mutation's volume.</summary>
    public void AddUsage(long bytes, long inodes)
    {
        _usage = new(_usage.Bytes + bytes, _usage.Inodes + inodes);
        _hasUsage = true;
    }

    /// <summary>A new inode id of this shard; used for good only when the mutation commits.</summary>
    public InodeId NewInode()
    {
        RequireCertainInodes();
        return InodeId.Create(_shard.Id, _nextInode++);
    }

    /// <summary>A new inode id of this shard that is used up at once, whether or not the mutation commits, and not given out again after a crash either.</summary>
    public InodeId DrawInode()
    {
        RequireCertainInodes();
        if (_nextInode >= _shard.InodeSequenceReserved)
            ReserveInodes();
        _shard.NextInode = _nextInode + 1;
        return InodeId.Create(_shard.Id, _nextInode++);
    }

    /// <summary>Stages the answer to a request, so that it is given again when the request comes again. The request keeps it as its staged reply.</summary>
    public void StageAnswer<T>(NodeRequest request, Errno status, in T body)
        where T : struct, IWireMessage<T>, allows ref struct
    {
        request.StageReply(status, in body);
        KeepAnswer(request);
    }

    /// <summary>As <see cref="StageAnswer"/>, for a reply that the request has staged already.</summary>
    internal void KeepAnswer(NodeRequest request)
    {
        if (request.HasAnswerSlot)
            AnswerRow.Stage(_batch, _shard.Id, request, request.StagedStatus, request.StagedBody);
    }

    /// <summary>Stages the answer, applies everything, and replies.</summary>
    public void Commit<T>(NodeRequest request, in T body)
        where T : struct, IWireMessage<T>, allows ref struct
    {
        StageAnswer(request, Errno.None, in body);
        Commit();
        request.ReplyStaged();
    }

    /// <summary>
    /// Applies what was staged, in one atomic write that survives the death of the process. The mutation is empty afterwards and can go on. In a compound
    /// everything stays staged until its end.
    /// </summary>
    /// <exception cref="Replication.ShardRetiredException">The shard is not served here any more: nothing was applied.</exception>
    public void Commit()
    {
        if (IsEmpty || IsCompound)
            return;
        _shard.RequireServing();
        StageState();
        _engine.Apply(_batch);
        _shard.Log?.Append(_shard.EffectSequence + 1, _batch.Bytes);
        Committed();
    }

    public void Dispose() => _batch.Dispose();

    internal void Begin(VolumeId volume)
    {
        if (IsCompound)
        {
            System.Diagnostics.Debug.Assert(volume == Volume, "The parts of a compound are of one volume.");
            return;
        }

        if (_batch.Count != 0)
            _batch.Clear();
        Volume = volume;
        _nextInode = _shard.NextInode;
        _usage = default;
        _hasUsage = false;
        _hasStagedDirectory = false;
    }
}
