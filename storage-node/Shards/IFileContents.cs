using SealFs.Core.Messages;
using SealFs.StorageNode.Inodes;

namespace SealFs.StorageNode.Shards;

/// <summary>What the namespace needs from whoever keeps the data. Called with the shard's gate held.</summary>
public interface IFileContents
{
    /// <summary>
    /// SetAttr with a new size: takes over the request. <paramref name="row"/> is the inode with all other changes of the request already made, and is to be put.
    /// </summary>
    void SetSize(NodeRequest request, Mutation mutation, InodeRow row, ulong sizeBytes);

    /// <summary>Stages the removal of all data of an inode whose row is deleted in the same mutation: inline data at once, chunks by way of the purge queue, and their usage.</summary>
    void StageRemoval(Mutation mutation, in InodeRow row);

    /// <summary>After a commit that staged removals: wakes the purger.</summary>
    void Removed();
}
