using SealFs.Core;

namespace SealFs.StorageNode.Transactions;

/// <summary>A commit as its coordinator's log has it: participants to tell, or a follow-up to have done.</summary>
internal sealed record LoggedDecision(TransactionId Transaction, List<ShardId> Participants, FollowUp? FollowUp);
