using SealFs.Core;
using SealFs.Core.Messages;
using SealFs.Core.Placement;

namespace SealFs.Client.Fsck;

/// <summary>What must be true of a volume. Every finding comes with a signature that stays the same only while nothing about it changes.</summary>
internal sealed partial class VolumeRules(VolumePicture picture, InodeId root, uint shardCount, ulong chunkBytes)
{
    private readonly Dictionary<string, Finding> _findings = [];

    /// <summary>The findings by their signatures.</summary>
    public Dictionary<string, Finding> Judge()
    {
        foreach (var (shard, status) in picture.Failed)
            Add(FindingKind.ShardNotChecked, default, "", $"shard {shard} could not be read: {status}");
        if (picture.Failed.Count > 0)
            return _findings;
        CheckEntries();
        CheckDirectories();
        CheckFiles();
        CheckMarks();
        CheckChunks();
        CheckUsage();
        return _findings;
    }

    private void Add(FindingKind kind, InodeId inode, string path, string text, ulong version = 0) =>
        _findings.TryAdd($"{kind}|{inode}|{path}|{text}|{version}", new Finding(kind, inode, path, text));

    private void CheckEntries()
    {
        var seen = new HashSet<(InodeId, string)>();
        foreach (var entry in picture.Entries)
        {
            if (!seen.Add((entry.Directory, Convert.ToHexString(entry.Name))))
                Add(FindingKind.DuplicateEntry, entry.Inode, picture.PathOf(in entry, root), "the name is there more than once");
            if (!picture.Inodes.TryGetValue(entry.Inode, out var inode))
                Add(FindingKind.DanglingEntry, entry.Inode, picture.PathOf(in entry, root), $"the name stands for inode {entry.Inode}, which is not there");
            else if ((inode.Mode & InodeAttributes.TypeMask) != (entry.Mode & InodeAttributes.TypeMask))
                Add(FindingKind.WrongEntryType, entry.Inode, picture.PathOf(in entry, root), "the name and its inode disagree about the type");
            if (!picture.Inodes.ContainsKey(entry.Directory))
                Add(FindingKind.EntryWithoutDirectory, entry.Inode, picture.PathOf(in entry, root), $"its directory {entry.Directory} is not there");
            else if (ShardOf(in entry) != entry.Shard)
                Add(FindingKind.MisplacedEntry, entry.Inode, picture.PathOf(in entry, root), $"the name is in shard {entry.Shard}, where nobody looks for it");
        }
    }

    private ShardId? ShardOf(in EntryFacts entry)
    {
        if (!picture.Inodes[entry.Directory].IsSplit || !picture.Partitions.TryGetValue(entry.Directory, out var partitions))
            return entry.Directory.Shard;
        var hash = PlacementHash.Name(entry.Name);
        foreach (var partition in partitions)
        {
            if (partition.State != Elsewhere && DirectoryPosition.Belongs(hash, partition.Partition, partition.Depth))
                return PlacementHash.Partition(entry.Directory, partition.Partition, shardCount);
        }

        return null;
    }

    private void CheckFiles()
    {
        foreach (var (id, inode) in picture.Inodes)
        {
            if (inode.IsDirectory)
                continue;
            var names = picture.NamesOf.TryGetValue(id, out var places) ? places.Count : 0;
            var isOrphan = picture.Orphans.Contains(id);
            if (names == 0 && !isOrphan)
                Add(FindingKind.LostInode, id, "", $"inode {id} ({inode.SizeBytes} bytes) has no name", inode.Version);
            else if (inode.LinkCount != names)
                Add(FindingKind.WrongLinkCount, id, picture.PathOf(id, root), $"the link count is {inode.LinkCount}, and there are {names} names", inode.Version);
        }
    }

    private void CheckMarks()
    {
        foreach (var id in picture.Orphans.Union(picture.WithXattrs).Where(id => !picture.Inodes.ContainsKey(id)))
            Add(FindingKind.StrayRecord, id, "", $"there are records of inode {id}, which is not there");
        foreach (var (id, length) in picture.Inline)
        {
            if (!picture.Inodes.TryGetValue(id, out var inode))
                Add(FindingKind.StrayRecord, id, "", $"there are {length} bytes of content of inode {id}, which is not there");
            else if (inode.InlineLength != length)
                Add(FindingKind.WrongInlineLength, id, picture.PathOf(id, root), $"{length} bytes of content, and the inode says {inode.InlineLength}", inode.Version);
        }

        foreach (var (id, inode) in picture.Inodes)
        {
            if (inode.InlineLength != 0 && !picture.Inline.ContainsKey(id))
                Add(FindingKind.WrongInlineLength, id, picture.PathOf(id, root), $"the content of {inode.InlineLength} bytes is not there", inode.Version);
        }
    }
}
