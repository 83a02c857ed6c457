using System.Numerics;
using SealFs.Core;
using SealFs.Core.Messages;
using SealFs.StorageNode.Chunks;
using SealFs.StorageNode.Engine;
using SealFs.StorageNode.Inodes;
using SealFs.StorageNode.Shards;

namespace SealFs.StorageNode.Files;

/// <summary>Which blocks of a chunk hold data, for lseek(2) with SEEK_DATA and SEEK_HOLE.</summary>
internal sealed class ChunkMapOperation(FileData data)
{
    public void Handle(NodeRequest request)
    {
        if (!request.TryRead<ChunkMapRequest>(out var map))
            return;
        var error = FileOperations.CheckRange(request, map.Inode, map.Chunk, 0, 0, out _);
        if (error != Errno.None)
            request.Reply(error);
        else if (map.Chunk.Value == 0 && TryGetInlineLength(request, map.Inode, out var inlineLength))
            request.Reply(Errno.None, new ChunkMapReply(inlineLength, inlineLength == 0 ? 0 : 1UL));
        else
            data.Io.Post(request, Waiting);
    }

    private void Waiting(NodeRequest request)
    {
        if (!request.TryRead<ChunkMapRequest>(out var map))
            return;
        var chunk = data.Chunks.Acquire(new ChunkKey(request.Shard.Id, request.Volume, map.Inode, map.Chunk));
        chunk.Enter();
        var error = chunk.EnsureLoaded();
        var reply = new ChunkMapReply(Math.Min(chunk.Length, EndOf(chunk.Blocks)), chunk.Blocks);
        data.Chunks.ExitAndRelease(chunk);
        if (error == Errno.None)
            request.Reply(Errno.None, in reply);
        else
            request.Reply(error);
    }

    /// <summary>The end of the last block that holds data: what was punched behind it is a hole.</summary>
    private static uint EndOf(ulong blocks) => (uint)(64 - BitOperations.LeadingZeroCount(blocks)) * ChunkLimits.BlockBytes;

    private static bool TryGetInlineLength(NodeRequest request, InodeId inode, out uint length)
    {
        Span<byte> key = stackalloc byte[MetadataKey.MaxLength];
        Span<byte> value = stackalloc byte[InodeRow.MaxBytes];
        var bytes = request.Node.Engine.Get(Table.Metadata, MetadataKey.Inode(key, request.Shard.Id, request.Volume, inode), value);
        var row = bytes < 0 ? default : InodeRow.Decode(value[..bytes]);
        length = row.InlineLength;
        return (row.Attributes.Flags & InodeFlags.Inline) != 0;
    }
}
