using System.Collections.Concurrent;
using SealFs.Core;

namespace SealFs.StorageNode.Purge;

/// <summary>
/// Keeps removals apart that two owners of an inode's shard ask for. The new owner removes everything again before it lets anybody make the file longer; what the former one still asks for,
/// late, could then be data that are new. An entry for each shard of the cluster at most.
/// </summary>
internal sealed class PurgeFence
{
    private readonly ConcurrentDictionary<ShardId, uint> _epochs = new();

    /// <summary>True when nobody has asked in a later epoch of the inode's shard. With the chunk entered that is to be removed.</summary>
    public bool Passes(ShardId home, Epoch epoch) =>
        _epochs.AddOrUpdate(home, static (_, asked) => asked, static (_, known, asked) => Math.Max(known, asked), epoch.Value) == epoch.Value;
}
