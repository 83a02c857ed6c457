using SealFs.Core;
using SealFs.StorageNode.Engine;
using SealFs.StorageNode.Inodes;
using SealFs.StorageNode.Shards;

namespace SealFs.StorageNode.Hosting;

/// <summary>Contents of a node that has no data engine: sizes can be set, and what is removed has inline data at most.</summary>
internal sealed class InlineContents : IFileContents
{
    public void SetSize(NodeRequest request, Mutation mutation, InodeRow row, ulong sizeBytes)
    {
        row.Attributes.SizeBytes = sizeBytes;
        mutation.PutInode(in row);
        mutation.Commit(request, new Core.Messages.AttributesReply(row.Attributes));
    }

    public void StageRemoval(Mutation mutation, in InodeRow row)
    {
        if (row.InlineLength == 0)
            return;
        Span<byte> key = stackalloc byte[MetadataKey.MaxLength];
        mutation.Delete(Table.InlineData, MetadataKey.InlineData(key, mutation.Shard.Id, mutation.Volume, row.Id));
    }

    public void Removed()
    {
    }

    public Task DeleteVolumeAsync(VolumeId volume, CancellationToken cancellation) => Task.CompletedTask;
}
