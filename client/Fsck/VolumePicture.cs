using System.Text;
using SealFs.Core;
using SealFs.Core.Messages;

namespace SealFs.Client.Fsck;

/// <summary>
/// Everything that the shards hold of a volume, as one look found it: about 200 bytes of memory for a file with one name. Filled by several readers at once, each with a
/// shard of its own; afterwards read only.
/// </summary>
internal sealed class VolumePicture
{
    private readonly Lock _gate = new();

    public Dictionary<InodeId, InodeFacts> Inodes { get; } = [];

    public List<EntryFacts> Entries { get; } = [];

    public Dictionary<InodeId, List<PartitionFacts>> Partitions { get; } = [];

    public List<ChunkFacts> Chunks { get; } = [];

    public Dictionary<InodeId, uint> Inline { get; } = [];

    public HashSet<InodeId> Orphans { get; } = [];

    public HashSet<InodeId> WithXattrs { get; } = [];

    public HashSet<InodeId> Purging { get; } = [];

    /// <summary>What the counters of a shard say, and after which of its effects.</summary>
    public Dictionary<ShardId, (long Bytes, long Inodes, ulong EffectSequence)> Usage { get; } = [];

    public List<(ShardId Shard, Errno Status)> Failed { get; } = [];

    /// <summary>Places where an inode is named; filled by <see cref="Complete"/>.</summary>
    public Dictionary<InodeId, List<int>> NamesOf { get; } = [];

    public void Add(ShardId shard, in ScanRow row)
    {
        lock (_gate)
        {
            switch (row.Kind)
            {
                case ScanRowKind.Inode:
                    Inodes[row.Inode] = InodeFacts.Of(in row);
                    break;
                case ScanRowKind.Dentry:
                    Entries.Add(new EntryFacts(shard, row.Directory, row.Inode, row.Mode, row.Name.ToArray()));
                    break;
                case ScanRowKind.Partition:
                    if (!Partitions.TryGetValue(row.Directory, out var partitions))
                        Partitions.Add(row.Directory, partitions = []);
                    partitions.Add(new PartitionFacts(row.Partition, row.Depth, row.State, row.Entries, row.Subdirectories));
                    break;
                case ScanRowKind.Chunk:
                    Chunks.Add(new ChunkFacts(shard, row.Inode, row.Chunk, row.AccountedBytes, row.Blocks, row.Damaged, row.Lost, row.Flags));
                    break;
                case ScanRowKind.Usage:
                    Usage[shard] = (row.UsedBytes, row.UsedInodes, row.EffectSequence);
                    break;
                default:
                    AddMark(in row);
                    break;
            }
        }
    }

    public void Fail(ShardId shard, Errno status)
    {
        lock (_gate)
            Failed.Add((shard, status));
    }

    /// <summary>After the last row.</summary>
    public void Complete()
    {
        for (var index = 0; index < Entries.Count; index++)
        {
            if (!NamesOf.TryGetValue(Entries[index].Inode, out var names))
                NamesOf.Add(Entries[index].Inode, names = []);
            names.Add(index);
        }
    }

    /// <summary>The path of an inode from the volume's root, as far as names lead there; a file with several names has any one of them.</summary>
    public string PathOf(InodeId inode, InodeId root)
    {
        var parts = new List<string>();
        for (var depth = 0; inode != root && depth < 256; depth++)
        {
            if (!NamesOf.TryGetValue(inode, out var names))
                return parts.Count == 0 ? "" : "…/" + string.Join('/', parts);
            var entry = Entries[names[0]];
            parts.Insert(0, Printable(entry.Name));
            inode = entry.Directory;
        }

        return "/" + string.Join('/', parts);
    }

    public string PathOf(in EntryFacts entry, InodeId root) => PathOf(entry.Directory, root).TrimEnd('/') + "/" + Printable(entry.Name);

    private static string Printable(byte[] name) =>
        string.Concat(Encoding.UTF8.GetString(name).Select(static letter => char.IsControl(letter) ? '?' : letter));

    private void AddMark(in ScanRow row)
    {
        if (row.Kind == ScanRowKind.Inline)
            Inline[row.Inode] = row.InlineLength;
        else if (row.Kind == ScanRowKind.Orphan)
            Orphans.Add(row.Inode);
        else if (row.Kind == ScanRowKind.Xattr)
            WithXattrs.Add(row.Inode);
        else if (row.Kind == ScanRowKind.Purge)
            Purging.Add(row.Inode);
    }
}
