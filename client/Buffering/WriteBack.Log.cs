using Microsoft.Extensions.Logging;
using SealFs.Core;

namespace SealFs.Client.Buffering;

internal sealed partial class WriteBack
{
    [LoggerMessage(3101, LogLevel.Error, "Data of inode {Inode} could not be written: {Status}. Each open handle of the file is told")]
    private partial void LogWriteFailed(InodeId inode, Errno status);
}
