using SealFs.Core;

namespace SealFs.StorageNode.Shards;

/// <summary>
/// Several requests as one mutation: between <see cref="BeginCompound"/> and its end nothing staged is forgotten and nothing applied. What handlers change
/// outside of the batch is put back when the compound fails, or waits until it was applied. Nothing here allocates outside of compounds.
/// </summary>
public sealed partial class Mutation
{
    private readonly List<Action> _putBack = [];
    private readonly List<(InodeId Directory, PartitionIndex Partition, ulong EntryCount)> _entriesAdded = [];

    /// <summary>True while the parts of a compound run.</summary>
    internal bool IsCompound { get; private set; }

    /// <summary>Usage that earlier parts of a compound have staged: it counts before it is applied.</summary>
    internal VolumeUsageDelta StagedUsage => IsCompound ? _usage : default;

    /// <summary>Registers an open; false when too many are.</summary>
    public bool TryOpen(InodeId inode, SessionId session, ulong stamp)
    {
        if (IsCompound)
            PutOpenBackLater(inode, session);
        return _shard.Opens.TryAdd(inode, session, stamp);
    }

    /// <summary>Entries were added and committed: the directory or its partition may have to be split.</summary>
    public void EntriesAdded(InodeId directory, PartitionIndex partition, ulong entryCount)
    {
        if (IsCompound)
            _entriesAdded.Add((directory, partition, entryCount));
        else
            _shard.Node.CrossShard.EntriesAdded(_shard, Volume, directory, partition, entryCount);
    }

    /// <summary>An inode lost its last name and is kept, or is kept no more.</summary>
    internal void SetOrphan(InodeId inode, bool isOrphan)
    {
        if (IsCompound)
            PutOrphanBackLater(inode);
        if (isOrphan)
            _shard.Orphans[inode] = Volume;
        else
            _shard.Orphans.Remove(inode);
    }

    internal void BeginCompound(VolumeId volume)
    {
        Begin(volume);
        IsCompound = true;
    }

    /// <summary>Applies what the parts staged, as one batch, and does what waited for it.</summary>
    internal void ApplyCompound()
    {
        IsCompound = false;
        Commit();
        _putBack.Clear();
        foreach (var (directory, partition, entryCount) in _entriesAdded)
            EntriesAdded(directory, partition, entryCount);
        _entriesAdded.Clear();
    }

    /// <summary>Forgets what was staged. Nothing happens when the compound was applied.</summary>
    internal void EndCompound()
    {
        IsCompound = false;
        for (var index = _putBack.Count - 1; index >= 0; index--)
            _putBack[index]();
        _putBack.Clear();
        _entriesAdded.Clear();
        Begin(Volume);
    }

    private void PutOpenBackLater(InodeId inode, SessionId session)
    {
        var former = _shard.Opens.StampOf(inode, session);
        _putBack.Add(() => _shard.Opens.PutBack(inode, session, former));
    }

    private void PutOrphanBackLater(InodeId inode)
    {
        var former = _shard.Orphans.TryGetValue(inode, out var volume);
        _putBack.Add(() =>
        {
            if (former)
                _shard.Orphans[inode] = volume;
            else
                _shard.Orphans.Remove(inode);
        });
    }
}
