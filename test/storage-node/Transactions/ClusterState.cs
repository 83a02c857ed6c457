using System.Text;
using SealFs.Core;
using SealFs.Core.Messages;
using SealFs.Core.Placement;
using SealFs.StorageNode.Engine;
using SealFs.StorageNode.Engine.RocksDb;
using SealFs.StorageNode.Inodes;
using SealFs.StorageNode.Names;
using SealFs.StorageNode.Shards;
using Xunit;

namespace SealFs.StorageNode.Tests.Transactions;

/// <summary>Every row of every node of a cluster that is stopped, and what must be true of them together.</summary>
internal sealed class ClusterState
{
    private readonly Dictionary<InodeId, InodeRow> _inodes = [];
    private readonly List<(ShardId Shard, InodeId Directory, string Name, DentryRow Row)> _dentries = [];
    private readonly Dictionary<(InodeId Directory, PartitionIndex Partition), PartitionRow> _partitions = [];
    private readonly Dictionary<(VolumeId, ShardId), long> _usage = [];
    private readonly List<string> _faults = [];
    private readonly TestLayout _layout;
    private int _transactionRows;

    private ClusterState(TestLayout layout) => _layout = layout;

    public IReadOnlyDictionary<InodeId, InodeRow> Inodes => _inodes;

    public int Dentries => _dentries.Count;

    public int Partitions => _partitions.Values.Count(row => row.State == PartitionState.Serving);

    public static ClusterState Read(TestLayout layout)
    {
        var state = new ClusterState(layout);
        foreach (var node in layout.NodeIds)
        {
            using var engine = new RocksMetadataEngine(layout.StorePath(node), new MetadataEngineOptions());
            state.ReadNode(engine);
        }

        return state;
    }

    /// <summary>What a name stands for.</summary>
    public InodeId? Find(InodeId directory, string name)
    {
        foreach (var dentry in _dentries)
        {
            if (dentry.Directory == directory && dentry.Name == name)
                return dentry.Row.Inode;
        }

        return null;
    }

    /// <summary>No dangling entry, no lost inode, right link counts, entry counts, parents and usage, no loop, nothing left of any transaction.</summary>
    public void AssertConsistent()
    {
        CheckEntries();
        CheckDirectories();
        CheckFiles();
        CheckUsage();
        if (_transactionRows != 0)
            _faults.Add($"{_transactionRows} prepare records are left");
        Assert.True(_faults.Count == 0, string.Join('\n', _faults.Take(30)));
    }

    private void CheckEntries()
    {
        foreach (var group in _dentries.GroupBy(dentry => (dentry.Directory, dentry.Name)).Where(group => group.Count() > 1))
            _faults.Add($"{group.Key} is there {group.Count()} times");
        foreach (var (shard, directory, name, row) in _dentries)
        {
            if (!_inodes.TryGetValue(row.Inode, out var inode))
                _faults.Add($"{directory}/{name} names {row.Inode}, which is not there");
            else if ((inode.Attributes.Mode & InodeAttributes.TypeMask) != (row.Mode & InodeAttributes.TypeMask))
                _faults.Add($"{directory}/{name} has another type than its inode");
            if (!_inodes.ContainsKey(directory))
                _faults.Add($"{name} is in {directory}, which is not there");
            else if (PartitionOf(directory, name) is not { } partition || PlacementHash.Partition(directory, partition, _layout.Shards) != shard)
                _faults.Add($"{directory}/{name} is in shard {shard}, where nobody looks for it");
        }
    }

    private void CheckDirectories()
    {
        foreach (var directory in _inodes.Values.Where(inode => inode.IsDirectory))
        {
            var entries = _dentries.Where(dentry => dentry.Directory == directory.Id).ToList();
            var counted = directory.IsSplit
                ? _partitions.Where(pair => pair.Key.Directory == directory.Id).Sum(pair => (long)pair.Value.EntryCount)
                : (long)directory.EntryCount;
            if (counted != entries.Count)
                _faults.Add($"{directory.Id} counts {counted} entries and has {entries.Count}");
            var links = directory.Attributes.LinkCount
                + (directory.IsSplit ? _partitions.Where(pair => pair.Key.Directory == directory.Id).Sum(pair => pair.Value.Subdirectories) : 0);
            var subdirectories = entries.Count(entry => entry.Row.IsDirectory);
            if (links != 2 + subdirectories)
                _faults.Add($"{directory.Id} has {links} links and {subdirectories} subdirectories");
            if (directory.Id != _layout.Root)
                CheckPlace(directory);
        }
    }

    private void CheckPlace(in InodeRow directory)
    {
        var id = directory.Id;
        var names = _dentries.Where(dentry => dentry.Row.Inode == id).ToList();
        if (names.Count != 1)
            _faults.Add($"directory {id} has {names.Count} names");
        else if (names[0].Directory != directory.Parent)
            _faults.Add($"directory {id} has parent {directory.Parent} and is in {names[0].Directory}");
        var above = directory.Parent;
        for (var depth = 0; above != _layout.Root; depth++)
        {
            if (depth > 1000 || !_inodes.TryGetValue(above, out var row))
            {
                _faults.Add($"directory {id} does not hang from the root");
                return;
            }

            above = row.Parent;
        }
    }

    private void CheckFiles()
    {
        var names = _dentries.GroupBy(dentry => dentry.Row.Inode).ToDictionary(group => group.Key, group => group.Count());
        foreach (var file in _inodes.Values.Where(inode => !inode.IsDirectory))
        {
            var count = names.GetValueOrDefault(file.Id);
            if (count == 0 || file.Attributes.LinkCount != count)
                _faults.Add($"file {file.Id} has {count} names and a link count of {file.Attributes.LinkCount}");
        }
    }

    private void CheckUsage()
    {
        var counted = _usage.Where(pair => pair.Key.Item1 == TestLayout.Volume).Sum(pair => pair.Value);
        if (counted != _inodes.Count)
            _faults.Add($"the usage rows count {counted} inodes and there are {_inodes.Count}");
    }

    private PartitionIndex? PartitionOf(InodeId directory, string name)
    {
        if (!_inodes[directory].IsSplit)
            return default(PartitionIndex);
        var hash = PlacementHash.Name(Encoding.UTF8.GetBytes(name));
        foreach (var ((owner, partition), row) in _partitions)
        {
            if (owner == directory && DirectoryPosition.Belongs(hash, partition, row.Depth))
                return partition;
        }

        return null;
    }

    private void ReadNode(IMetadataEngine engine)
    {
        for (var shard = 0u; shard < _layout.Shards; shard++)
        {
            ReadVolume(engine, new ShardId(shard), TestLayout.Volume);
            ReadVolume(engine, new ShardId(shard), default);
        }
    }

    private void ReadVolume(IMetadataEngine engine, ShardId shard, VolumeId volume)
    {
        Span<byte> from = stackalloc byte[MetadataKey.MaxLength];
        Span<byte> end = stackalloc byte[MetadataKey.MaxLength];
        using var rows = engine.Scan(Table.Metadata, MetadataKey.Prefix(from, shard, volume), MetadataKey.PrefixEnd(end, shard, volume));
        while (rows.MoveNext())
            ReadRow(shard, rows.Key, rows.Value);
    }

    private void ReadRow(ShardId shard, ReadOnlySpan<byte> key, ReadOnlySpan<byte> value)
    {
        switch ((char)key[MetadataKey.PrefixLength])
        {
            case 'I':
                _inodes.Add(MetadataKey.InodeOf(key), InodeRow.Decode(value));
                break;
            case 'D':
                _dentries.Add((shard, MetadataKey.InodeOf(key), Encoding.UTF8.GetString(MetadataKey.NameOf(key)), DentryRow.Decode(value)));
                break;
            case 'P':
                ReadPartition(key, value);
                break;
            case 'U':
                _usage[(TestLayout.Volume, shard)] = UsageRow.Decode(value).Inodes;
                break;
            case 'T' when key[MetadataKey.PrefixLength + 1] == 'P':
                _transactionRows++;
                break;
        }
    }

    private void ReadPartition(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value)
    {
        var partition = new PartitionIndex(System.Buffers.Binary.BinaryPrimitives.ReadUInt32BigEndian(key[^4..]));
        var row = PartitionRow.Decode(value);
        if (row.State == PartitionState.Filling)
            _faults.Add($"partition {partition} of {MetadataKey.InodeOf(key)} is still being filled");
        if (row.State == PartitionState.Serving)
            _partitions.Add((MetadataKey.InodeOf(key), partition), row);
    }
}
