using Microsoft.Extensions.Logging;
using SealFs.Fuse;
using SealFs.Fuse.Abi;

namespace SealFs.Client.Runtime;

/// <summary>The rare events of a FUSE session, in the log.</summary>
internal sealed partial class FuseLog(ILogger logger) : IFuseObserver
{
    public void MemoryNotLocked(int sizeBytes, int errno) => LogMemoryNotLocked(sizeBytes, errno);

    public void ReplyRefused(FuseOpcode opcode, ulong unique, int errno) => LogReplyRefused(opcode, unique, errno);

    public void HandlerFailed(FuseOpcode opcode, ulong unique, Exception exception) => LogHandlerFailed(exception, opcode, unique);

    public void ReadFailed(int worker, int errno) => LogReadFailed(worker, errno);

    public void RequestsTakenUp(int count) => LogRequestsTakenUp(count);

    public void SessionEnded(FuseExitReason reason) => LogSessionEnded(reason);

    [LoggerMessage(3301, LogLevel.Debug, "{SizeBytes} bytes could not be locked in memory (errno {ErrorNumber}; see RLIMIT_MEMLOCK)")]
    private partial void LogMemoryNotLocked(int sizeBytes, int errorNumber);

    [LoggerMessage(3302, LogLevel.Error, "The kernel refused the reply to {Opcode} {Unique} (errno {ErrorNumber})")]
    private partial void LogReplyRefused(FuseOpcode opcode, ulong unique, int errorNumber);

    [LoggerMessage(3303, LogLevel.Error, "The handler of {Opcode} {Unique} failed")]
    private partial void LogHandlerFailed(Exception exception, FuseOpcode opcode, ulong unique);

    [LoggerMessage(3304, LogLevel.Error, "Worker {Worker} cannot read from the kernel (errno {ErrorNumber})")]
    private partial void LogReadFailed(int worker, int errorNumber);

    [LoggerMessage(3306, LogLevel.Information, "Going on with {Count} requests that an earlier worker had not answered")]
    private partial void LogRequestsTakenUp(int count);

    [LoggerMessage(3305, LogLevel.Information, "The FUSE session ended: {Reason}")]
    private partial void LogSessionEnded(FuseExitReason reason);
}
