using System.Collections.Concurrent;
using System.Numerics;
using SealFs.Core;
using SealFs.Core.Messages;

namespace SealFs.Client.Routing;

/// <summary>
/// What this client knows of the partitions of split directories (GIGA+). It starts from partition 0 and is corrected by the servers: a
/// wrong guess costs one request. Partitions split and never merge, so knowledge only becomes old; but a server that loses power may lose a split that it told of, and
/// then what leads to the lost partition has to be forgotten.
/// </summary>
public sealed class PartitionMap
{
    private readonly ConcurrentDictionary<(InodeId Directory, PartitionIndex Partition), byte> _depths = new();
    private bool _isEmpty = true;

    /// <summary>The partition that holds a name, as far as is known.</summary>
    public PartitionIndex Find(InodeId directory, ulong nameHash)
    {
        var partition = 0u;
        if (Volatile.Read(ref _isEmpty))
            return new(partition);
        var birthDepth = 0;
        while (true)
        {
            var depth = Math.Max(birthDepth, DepthOf(directory, new(partition)));
            var differing = (nameHash ^ partition) & ((1UL << depth) - 1);
            if (differing == 0)
                return new(partition);

            // Partition p split at depth k into p and p + 2^k: the lowest differing bit says at which split the name left.
            var split = BitOperations.TrailingZeroCount(differing);
            partition |= 1u << split;
            birthDepth = split + 1;
        }
    }

    /// <summary>The partition whose range holds a position of a listing, as far as is known.</summary>
    public PartitionIndex FindPosition(InodeId directory, ulong position) => Find(directory, DirectoryPosition.ReverseBits(position << 1));

    /// <summary>Takes in what a server said of one partition. Depths beyond the format's largest are ignored.</summary>
    public void Learn(InodeId directory, PartitionIndex partition, int depth)
    {
        if (depth is <= 0 or > DirectoryPosition.MaxDepth || depth <= DepthOf(directory, partition))
            return;
        if (_depths.Count >= Limits.KnownPartitions)
            _depths.Clear();
        _depths[(directory, partition)] = (byte)depth;
        Volatile.Write(ref _isEmpty, false);
    }

    /// <summary>Forgets everything that says where a name is: the search for it begins at partition 0 again.</summary>
    public void Forget(InodeId directory, ulong nameHash)
    {
        for (var partition = Find(directory, nameHash).Value; ; partition &= ~(1u << BitOperations.Log2(partition)))
        {
            _depths.TryRemove((directory, new(partition)), out _);
            if (partition == 0)
                return;
        }
    }

    /// <summary>0 where nothing is known.</summary>
    public int DepthOf(InodeId directory, PartitionIndex partition) => _depths.TryGetValue((directory, partition), out var depth) ? depth : 0;
}
