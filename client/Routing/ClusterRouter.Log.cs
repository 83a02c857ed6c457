using Microsoft.Extensions.Logging;
using SealFs.Core;
using SealFs.Core.Wire;

namespace SealFs.Client.Routing;

public sealed partial class ClusterRouter
{
    [LoggerMessage(3001, LogLevel.Information, "Cluster map version {Version} is in use")]
    private partial void LogNewMap(ulong version);

    [LoggerMessage(3004, LogLevel.Error, "Session {Session} is over: operations fail with EIO, and data that were not sent yet are lost")]
    private partial void LogSessionEnded(SessionId session);

    [LoggerMessage(3002, LogLevel.Error, "{Opcode} to shard {Shard} failed for the whole time allowed, last with {Status}")]
    internal partial void LogGaveUp(Opcode opcode, ShardId shard, Errno status);

    [LoggerMessage(3004, LogLevel.Warning, "{Opcode} to shard {Shard} still fails with {Status}. Written data wait until its node answers")]
    private partial void LogWaiting(Opcode opcode, ShardId shard, Errno status);

    [LoggerMessage(3003, LogLevel.Error, "{Opcode} to shard {Shard} (repeated: {Resent}) was answered with {Status}: the application gets EIO")]
    internal partial void LogUnexpected(Opcode opcode, ShardId shard, bool resent, Errno status);
}
