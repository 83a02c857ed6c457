using SealFs.Core;

namespace SealFs.StorageNode.Inodes;

/// <summary>
/// The rows of the directories a shard used last, as they are committed: nearly every request reads its directory's row, and a read of the engine costs as much
/// as all the rest of a lookup. Direct-mapped, so that its size is fixed. Used with the shard's gate held.
/// </summary>
internal sealed class DirectoryRowCache
{
    /// <summary>About 9 KiB a shard; allocated when the shard meets its first directory.</summary>
    private const int Capacity = 64;

    private Entry[]? _entries;

    public bool TryGet(VolumeId volume, InodeId inode, out InodeRow row)
    {
        if (_entries is not null)
        {
            ref var entry = ref _entries[Place(inode)];
            if (entry.Row.Id == inode && entry.Volume == volume)
            {
                row = entry.Row;
                return true;
            }
        }

        row = default;
        return false;
    }

    /// <summary>Keeps a committed row; rows of anything but directories are passed over.</summary>
    public void Keep(VolumeId volume, in InodeRow row)
    {
        if (!row.IsDirectory)
            return;
        _entries ??= new Entry[Capacity];
        ref var entry = ref _entries[Place(row.Id)];
        entry.Volume = volume;
        entry.Row = row;
    }

    public void Forget(InodeId inode)
    {
        if (_entries is null)
            return;
        ref var entry = ref _entries[Place(inode)];
        if (entry.Row.Id == inode)
            entry = default;
    }

    public void Clear() => _entries.AsSpan().Clear();

    private static int Place(InodeId inode) => (int)(inode.Value % Capacity);

    private struct Entry
    {
        public VolumeId Volume;
        public InodeRow Row;
    }
}
