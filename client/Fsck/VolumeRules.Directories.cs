using SealFs.Core;

namespace SealFs.Client.Fsck;

/// <summary>Directories: counts, parents, and that everything hangs from the root.</summary>
internal sealed partial class VolumeRules
{
    private const byte Elsewhere = 3;
    private const int DeepestPath = 4096;

    private void CheckDirectories()
    {
        var counts = CountEntries();
        foreach (var (id, inode) in picture.Inodes)
        {
            if (!inode.IsDirectory)
                continue;
            var (entries, subdirectories) = counts.GetValueOrDefault(id);
            var (countedEntries, links) = Counted(id, in inode);
            if (countedEntries != entries)
                Add(FindingKind.WrongEntryCount, id, picture.PathOf(id, root), $"it counts {countedEntries} entries and has {entries}", inode.Version);
            if (links != 2 + subdirectories)
                Add(FindingKind.WrongLinkCount, id, picture.PathOf(id, root), $"the link count is {links}, and there are {subdirectories} subdirectories", inode.Version);
            if (id != root)
                CheckPlace(id, in inode);
        }
    }

    private Dictionary<InodeId, (long Entries, long Subdirectories)> CountEntries()
    {
        var counts = new Dictionary<InodeId, (long Entries, long Subdirectories)>();
        foreach (var entry in picture.Entries)
        {
            var (entries, subdirectories) = counts.GetValueOrDefault(entry.Directory);
            var isDirectory = (entry.Mode & Core.Messages.InodeAttributes.TypeMask) == Core.Messages.InodeAttributes.TypeDirectory;
            counts[entry.Directory] = (entries + 1, subdirectories + (isDirectory ? 1 : 0));
        }

        return counts;
    }

    private (long Entries, long Links) Counted(InodeId id, in InodeFacts inode)
    {
        if (!inode.IsSplit || !picture.Partitions.TryGetValue(id, out var partitions))
            return ((long)inode.Entries, inode.LinkCount);
        var own = partitions.Where(static partition => partition.State != Elsewhere);
        return (own.Sum(static partition => (long)partition.Entries), inode.LinkCount + own.Sum(static partition => partition.Subdirectories));
    }

    private void CheckPlace(InodeId id, in InodeFacts inode)
    {
        var names = picture.NamesOf.TryGetValue(id, out var places) ? places : [];
        if (names.Count == 0)
        {
            if (!picture.Orphans.Contains(id))
                Add(FindingKind.LostInode, id, "", $"directory {id} has no name", inode.Version);
            return;
        }

        if (names.Count > 1)
            Add(FindingKind.WrongParent, id, picture.PathOf(id, root), $"the directory has {names.Count} names", inode.Version);
        else if (picture.Entries[names[0]].Directory != inode.Parent)
            Add(FindingKind.WrongParent, id, picture.PathOf(id, root), $"the directory says that it is in {inode.Parent}", inode.Version);
        else if (!HangsFromRoot(inode.Parent))
            Add(FindingKind.WrongParent, id, picture.PathOf(id, root), "the directory does not hang from the root", inode.Version);
    }

    private bool HangsFromRoot(InodeId id)
    {
        for (var depth = 0; depth < DeepestPath; depth++)
        {
            if (id == root)
                return true;
            if (!picture.Inodes.TryGetValue(id, out var inode))
                return false;
            id = inode.Parent;
        }

        return false;
    }
}
