using SealFs.StorageNode.Engine;
using SealFs.StorageNode.Inodes;
using SealFs.StorageNode.Shards;

namespace SealFs.StorageNode.Transactions.Steps;

/// <summary>What happens to an inode that has lost its last name.</summary>
internal static class LastName
{
    /// <summary>Stages the removal of the inode, its data and its share of the volume's usage.</summary>
    public static void LastNameGone(this Mutation mutation, ref InodeRow row)
    {
        mutation.DeleteInode(row.Id);
        if (!row.IsDirectory)
            mutation.Shard.Node.Contents.StageRemoval(mutation, in row);
        mutation.AddUsage(0, -1);
    }
}
