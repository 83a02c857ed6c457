using Microsoft.Extensions.Logging;
using SealFs.Core;

namespace SealFs.Client.Buffering;

internal sealed partial class WriteBack
{
    [LoggerMessage(3101, LogLevel.Error, "Data of inode {Inode} could not be written: {Status}. The application is told at its next call for the file")]
    private partial void LogWriteFailed(InodeId inode, Errno status);
}
