using Microsoft.Extensions.Logging;
using SealFs.Core;
using SealFs.StorageNode.Engine;

namespace SealFs.StorageNode.Replication;

/// <summary>Event ids 1400 to 1409.</summary>
internal sealed partial class Learner
{
    [LoggerMessage(1400, LogLevel.Warning, "Shard {Shard} is not copied for move {Move} from node {Source} now; trying again")]
    private static partial void LogFailed(ILogger logger, Exception exception, ShardId shard, ulong move, NodeId source);

    [LoggerMessage(1401, LogLevel.Information, "The copy of shard {Shard} begins again with what is here: {Reason}")]
    private static partial void LogStartedOver(ILogger logger, ShardId shard, string reason);

    [LoggerMessage(1402, LogLevel.Error, "The copy of shard {Shard} differed from its source in {Ranges} ranges and {Chunks} chunks; they were fetched again")]
    private static partial void LogDiffered(ILogger logger, ShardId shard, int ranges, int chunks);

    [LoggerMessage(1403, LogLevel.Information, "Move {Move} was refused by the manager: {Reason}")]
    private static partial void LogRefused(ILogger logger, ulong move, string reason);

    [LoggerMessage(1404, LogLevel.Information, "Shard {Shard} was taken over from node {Source}: {Bytes} bytes were copied, and it was served by nobody for {PauseMs} ms")]
    private static partial void LogTookOver(ILogger logger, ShardId shard, NodeId source, long bytes, double pauseMs);

    [LoggerMessage(1405, LogLevel.Warning, "The manager did not answer for move {Move}; asking again")]
    private static partial void LogManagerAway(ILogger logger, Exception exception, ulong move);

    [LoggerMessage(1406, LogLevel.Warning, "Chunk {Chunk} of inode {Inode} is damaged at its source in blocks {Blocks:x}, and was copied as it is")]
    private static partial void LogDamaged(ILogger logger, InodeId inode, ulong chunk, ulong blocks);
}
