using Microsoft.Extensions.Logging;
using SealFs.Core;

namespace SealFs.StorageNode.Chunks;

/// <summary>Event ids 3000 to 3019.</summary>
public sealed partial class ChunkTable
{
    [LoggerMessage(3000, LogLevel.Error, "Damaged data: volume {Volume} shard {Shard} inode {Inode} chunk {Chunk}, block {Block} of 64 KiB does not agree with its checksum")]
    private static partial void LogMismatch(ILogger logger, uint volume, uint shard, InodeId inode, ulong chunk, int block);

    [LoggerMessage(3008, LogLevel.Error, "Unsynced data lost: volume {Volume} shard {Shard} inode {Inode} chunk {Chunk}, {Pieces} pieces of 4 KiB in block {Block} of 64 KiB were written and never synced, and are gone")]
    private static partial void LogMissing(ILogger logger, uint volume, uint shard, InodeId inode, ulong chunk, int block, int pieces);

    [LoggerMessage(3001, LogLevel.Error, "Unreadable record of chunk: volume {Volume} shard {Shard} inode {Inode} chunk {Chunk}")]
    private static partial void LogBadRecord(ILogger logger, uint volume, uint shard, InodeId inode, ulong chunk);

    [LoggerMessage(3002, LogLevel.Error, "The data disk did not accept a sync: {Error} (volume {Volume} inode {Inode} chunk {Chunk})")]
    private static partial void LogSyncFailed(ILogger logger, Errno error, uint volume, InodeId inode, ulong chunk);

    [LoggerMessage(
        3004, LogLevel.Warning,
        "Set aside {Bytes} bytes that no record knows: volume {Volume} shard {Shard} inode {Inode} chunk {Chunk} from {Offset} on. After a loss of power they are what was not synced; otherwise metadata are missing")]
    private static partial void LogSetAside(ILogger logger, uint volume, uint shard, InodeId inode, ulong chunk, uint bytes, uint offset);

    [LoggerMessage(3003, LogLevel.Warning, "Checksums of volume {Volume} inode {Inode} chunk {Chunk} could not be stored: {Error}")]
    private static partial void LogSealFailed(ILogger logger, Exception? exception, Errno error, uint volume, InodeId inode, ulong chunk);
}
