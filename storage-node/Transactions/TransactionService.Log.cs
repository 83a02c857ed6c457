using Microsoft.Extensions.Logging;
using SealFs.Core;

namespace SealFs.StorageNode.Transactions;

internal sealed partial class TransactionService
{
    [LoggerMessage(4001, LogLevel.Warning, "{Transaction} was committed, and shard {Participant} has not acknowledged it yet; it is told again")]
    private partial void LogDecisionNotDelivered(TransactionId transaction, ShardId participant);

    [LoggerMessage(4002, LogLevel.Information, "{Transaction} was committed before this start; its {Participants} participants are told again")]
    private partial void LogRecovered(TransactionId transaction, int participants);

    [LoggerMessage(4003, LogLevel.Debug, "{Transaction} was in doubt in shard {Participant}: its coordinator answered {Status}, committed {Committed}")]
    private partial void LogResolved(TransactionId transaction, ShardId participant, Errno status, bool committed);

    [LoggerMessage(4007, LogLevel.Warning, "Shard {Participant} has lost what it had prepared of {Transaction}, which was committed: it does its part again")]
    private partial void LogBroughtBack(TransactionId transaction, ShardId participant);

    [LoggerMessage(4008, LogLevel.Error, "Shard {Participant} has lost what it had prepared of {Transaction} on stable storage: its part of the commit is missing")]
    private partial void LogPrepareLost(TransactionId transaction, ShardId participant);

    [LoggerMessage(4005, LogLevel.Error, "{Opcode} of session {Session} failed")]
    internal partial void LogOperationFailed(Exception exception, Core.Wire.Opcode opcode, SessionId session);

    [LoggerMessage(4006, LogLevel.Warning, "{Opcode} of session {Session} gave up after {Tries} tries: {Status}")]
    internal partial void LogGaveUp(Core.Wire.Opcode opcode, SessionId session, int tries, Errno status);
}
