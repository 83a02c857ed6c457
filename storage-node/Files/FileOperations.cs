using SealFs.Core;
using SealFs.Core.Messages;
using SealFs.Core.Wire;
using SealFs.StorageNode.Inodes;
using SealFs.StorageNode.Shards;

namespace SealFs.StorageNode.Files;

/// <summary>The opcodes of file data.</summary>
internal static class FileOperations
{
    private const OperationKind Reads = OperationKind.Shard | OperationKind.Volume;
    private const OperationKind Changes = Reads | OperationKind.Mutation;

    public static void Register(OperationTable table, FileData data)
    {
        table.Register(Opcode.Read, Reads, new ReadOperation(data).Handle);
        table.Register(Opcode.Write, Changes, new WriteOperation(data).Handle);
        table.Register(Opcode.CommitWrite, Changes | OperationKind.Gated | OperationKind.Part, new CommitWriteOperation(data).Handle);
        table.Register(Opcode.ChunkRange, Changes, new ChunkRangeHandler(data).Handle);
        table.Register(Opcode.AnnounceChunks, Changes | OperationKind.Gated, AnnounceChunksOperation.Handle);
        table.Register(Opcode.PlaceAppend, Changes | OperationKind.Gated, Appends.PlaceAppendOperation.Handle);
        table.Register(Opcode.ChunkMap, Reads, new ChunkMapOperation(data).Handle);
        table.Register(Opcode.Fsync, Reads, new FsyncOperation(data).Handle);
        table.Register(Opcode.SyncVolume, Reads, new SyncVolumeOperation(data).Handle);
        table.Register(Opcode.PurgeChunks, Reads | OperationKind.NodesOnly, new Purge.PurgeChunksOperation(data).Handle);
        table.Register(Opcode.InodeStates, Reads | OperationKind.NodesOnly, new Purge.InodeStatesOperation(data).Handle);
        table.Register(Opcode.ReserveChunks, Reads | OperationKind.Gated | OperationKind.NodesOnly, new Reservations.ReserveChunksOperation(data).Handle);
    }

    /// <summary>A regular file that data can be written to or read from.</summary>
    public static Errno GetFile(Mutation mutation, InodeId inode, out InodeRow row)
    {
        if (!mutation.TryGetInode(inode, out row))
            return Errno.ENOENT;
        return row.IsDirectory ? Errno.EISDIR : row.Attributes.IsRegular ? Errno.None : Errno.EINVAL;
    }

    /// <summary>With chunk 0 entered, loaded, and found not to exist: it comes into being with the number that its inode has now.</summary>
    public static Errno StartFirstChunk(Shard shard, Chunks.Chunk chunk)
    {
        uint cuts;
        using (shard.Enter())
            cuts = shard.Begin(chunk.Key.Volume).TryGetInode(chunk.Key.Inode, out var row) ? row.Cuts : 0;
        return chunk.StartAs(cuts);
    }

    /// <summary>What a write to a file changes besides its content: size, times, and set-id bits.</summary>
    public static void Written(ref InodeRow row, ulong sizeAtLeast, long modifyTimeNs, WriteFlags flags, long nowNs)
    {
        row.Attributes.SizeBytes = Math.Max(row.Attributes.SizeBytes, sizeAtLeast);
        if (row.Attributes.SizeBytes >= row.AppendsEndBytes)
            row.AppendsEndBytes = 0;
        row.Attributes.ModifyTimeNs = modifyTimeNs;
        if ((flags & WriteFlags.KillSetIds) != 0)
            row.Attributes.Mode = WithoutSetIds(row.Attributes.Mode);
        row.Changed(nowNs);
    }

    /// <summary>As the kernel's file_remove_privs: set-group-id without group execution is a mark for mandatory locking, and stays.</summary>
    private static uint WithoutSetIds(uint mode)
    {
        const uint SetUserId = 0x800;
        const uint SetGroupId = 0x400;
        const uint GroupExecute = 0x8;
        mode &= ~SetUserId;
        return (mode & GroupExecute) != 0 ? mode & ~SetGroupId : mode;
    }

    /// <summary>Checks a range within one chunk: EFBIG behind the largest file, EINVAL outside the chunk, Busy for a volume that the manager has not named yet.</summary>
    public static Errno CheckRange(NodeRequest request, InodeId inode, ChunkIndex chunk, uint offset, uint length, out VolumeState volume)
    {
        volume = request.Node.Volume(request.Volume)!;
        if (volume is null)
            return Errno.Busy;
        if ((ulong)offset + length > volume.ChunkSizeBytes || volume.ChunkSizeBytes > Chunks.ChunkLimits.MaxChunkBytes)
            return Errno.EINVAL;
        if (chunk.Value > FileLimits.SizeBytes / volume.ChunkSizeBytes || (chunk.Value * volume.ChunkSizeBytes) + offset + length > FileLimits.SizeBytes)
            return Errno.EFBIG;

        // A chunk written to a shard that it is not placed in would never be found again.
        var shard = Core.Placement.PlacementHash.Chunk(inode, chunk, request.Node.ShardCount);
        return shard == request.Shard.Id ? Errno.None : Errno.EINVAL;
    }
}
