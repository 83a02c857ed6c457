using Microsoft.Extensions.Logging;
using SealFs.Core;

namespace SealFs.Client.Buffering;

internal sealed partial class WriteBack
{
    [LoggerMessage(3102, LogLevel.Warning, "Shard {Shard} may have lost what it had acknowledged of inode {Inode} ({Loss}): what is kept is sent again")]
    private partial void LogLost(InodeId inode, ShardId shard, Loss loss);

    [LoggerMessage(3101, LogLevel.Error, "Data of inode {Inode} could not be written: {Status}. Each open handle of the file is told")]
    private partial void LogWriteFailed(InodeId inode, Errno status);
}
