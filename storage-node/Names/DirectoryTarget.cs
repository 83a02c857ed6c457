using SealFs.Core;
using SealFs.Core.Messages;
using SealFs.Core.Placement;
using SealFs.StorageNode.Inodes;
using SealFs.StorageNode.Shards;

namespace SealFs.StorageNode.Names;

/// <summary>
/// The directory, or the partition of a split one, in which a request wants to find or change a name: here, or the reason why not.
/// </summary>
public ref struct DirectoryTarget
{
    private readonly InodeId _directory;
    private readonly PartitionIndex _index;
    private InodeRow _row;
    private PartitionRow _partition;

    private DirectoryTarget(InodeId directory, PartitionIndex index)
    {
        _directory = directory;
        _index = index;
    }

    public readonly InodeId Directory => _directory;

    /// <summary>True when times and counts are kept in a partition row.</summary>
    public bool IsSplit { get; private set; }

    /// <summary>Depth of the partition; with WrongPartition, what to tell the client.</summary>
    public readonly byte Depth => _partition.Depth;

    /// <summary>Attributes to send along: only those of a directory that is whole and in this shard.</summary>
    public readonly bool HasAttributes => !IsSplit;

    public readonly InodeAttributes Attributes => _row.Attributes;

    /// <summary>Finds the partition that a request addresses.</summary>
    /// <returns>None, ENOENT, ENOTDIR, Busy, or WrongPartition. A partition that does not exist is answered with depth 0: start again from the first.</returns>
    public static Errno Resolve(Mutation mutation, InodeId directory, PartitionIndex index, out DirectoryTarget target)
    {
        target = new DirectoryTarget(directory, index);
        if (directory.Shard == mutation.Shard.Id)
        {
            var status = RootDirectory.Get(mutation, directory, out target._row);
            if (status != Errno.None)
                return status;
            if (!target._row.IsDirectory)
                return Errno.ENOTDIR;
            if (target._row.Attributes.LinkCount == 0)
                return Errno.ENOENT;
            if (!target._row.IsSplit)
                return index.Value == 0 ? Errno.None : Errno.WrongPartition;
        }

        target.IsSplit = true;
        if (!mutation.TryGetPartition(directory, index, out target._partition))
            return Errno.WrongPartition;
        return target._partition.State == PartitionState.Filling ? Errno.Busy : Errno.None;
    }

    /// <summary>As above, and the name must belong to the partition.</summary>
    public static Errno Resolve(Mutation mutation, InodeId directory, PartitionIndex index, ReadOnlySpan<byte> name, out DirectoryTarget target)
    {
        var status = Resolve(mutation, directory, index, out target);
        if (status != Errno.None || !target.IsSplit)
            return status;
        return DirectoryPosition.Belongs(PlacementHash.Name(name), index, target._partition.Depth) ? Errno.None : Errno.WrongPartition;
    }

    /// <summary>True while the directory is being removed.</summary>
    public readonly bool IsClosing => IsSplit && _partition.State == PartitionState.Closing;

    public readonly ulong EntryCount => IsSplit ? _partition.EntryCount : _row.EntryCount;

    /// <summary>Stages the change of counts and times that goes with entries that come or go.</summary>
    public void EntriesChanged(Mutation mutation, long entries, int subdirectories, long nowNs)
    {
        if (IsSplit)
        {
            _partition.EntriesChanged(entries, subdirectories, nowNs);
            mutation.PutPartition(_directory, _index, in _partition);
        }
        else
        {
            _row.EntriesChanged(entries, subdirectories, nowNs);
            mutation.PutInode(in _row);
        }
    }

    /// <summary>Answers a request whose target was not found.</summary>
    public readonly void Refuse(NodeRequest request, Errno status)
    {
        if (status == Errno.WrongPartition)
            request.Reply(status, new PartitionHint(Depth));
        else
            request.Reply(status);
    }
}
