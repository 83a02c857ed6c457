using Microsoft.Extensions.Logging;
using SealFs.Core;

namespace SealFs.StorageNode.Purge;

/// <summary>Event ids 3100 to 3109.</summary>
public sealed partial class Purger
{
    [LoggerMessage(3100, LogLevel.Warning, "Chunks of volume {Volume} inode {Inode} could not be removed; trying again")]
    private static partial void LogFailed(ILogger logger, Exception exception, uint volume, InodeId inode);

    [LoggerMessage(3101, LogLevel.Information, "Shard {Shard} does not remove chunks of volume {Volume} inode {Inode} now: {Error}; trying again")]
    private static partial void LogCallFailed(ILogger logger, Errno error, uint shard, uint volume, InodeId inode);
}
