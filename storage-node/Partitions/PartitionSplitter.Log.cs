using Microsoft.Extensions.Logging;
using SealFs.Core;

namespace SealFs.StorageNode.Partitions;

internal sealed partial class PartitionSplitter
{
    [LoggerMessage(4101, LogLevel.Information, "directory {Directory}: partition {Partition} split, {Child} begins with depth {Depth} and {Entries} entries")]
    private partial void LogSplit(InodeId directory, PartitionIndex partition, PartitionIndex child, byte depth, ulong entries);

    [LoggerMessage(4102, LogLevel.Error, "directory {Directory}: partition {Partition} could not be split")]
    private partial void LogSplitFailed(Exception exception, InodeId directory, PartitionIndex partition);
}
