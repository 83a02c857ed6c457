using SealFs.Core;
using SealFs.StorageNode.Inodes;

namespace SealFs.StorageNode.Shards;

/// <summary>What the namespace needs from whoever keeps the data.</summary>
public interface IFileContents
{
    /// <summary>
    /// With the gate held. SetAttr with a new size: takes over the request. <paramref name="row"/> is the inode with all other changes of the request already made,
    /// and is to be put.
    /// </summary>
    void SetSize(NodeRequest request, Mutation mutation, InodeRow row, ulong sizeBytes);

    /// <summary>
    /// With the gate held. Stages the removal of all data of a regular file whose row is deleted in the same mutation: inline data at once, chunks by way of the purge
    /// queue, and their usage.
    /// </summary>
    void StageRemoval(Mutation mutation, in InodeRow row);

    /// <summary>With the gate held, after a commit that may have staged removals: wakes the purger.</summary>
    void Removed();

    /// <summary>Deletes the chunk files of a deleted volume. Its rows are deleted afterwards, by the caller.</summary>
    Task DeleteVolumeAsync(VolumeId volume, CancellationToken cancellation);

    /// <summary>A shard is served here no more: returns when nobody changes a chunk of it, with nothing of it in memory. Without a gate held.</summary>
    void ShardLeft(Core.ShardId shard);

    /// <summary>Chunks with bytes that a failed sync may have lost, and that nobody has written again since.</summary>
    int LossCount { get; }

    /// <summary>Bytes of chunk files that no record knows and that were set aside since the start.</summary>
    long SetAsideBytes { get; }

    /// <summary>A shard was opened and serves nothing yet: removals that were interrupted take their locks again.</summary>
    void ShardOpened(Shard shard);
}
