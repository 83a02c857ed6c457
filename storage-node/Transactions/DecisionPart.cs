using SealFs.Core;
using SealFs.StorageNode.Transactions.Steps;

namespace SealFs.StorageNode.Transactions;

/// <summary>
/// One participant of a decision. Where it answered before its prepare record was on stable storage it has steps, with their results, which are done again should the
/// participant have lost them; otherwise there are none.
/// </summary>
internal readonly record struct DecisionPart(ShardId Shard, List<TransactionStep> Steps);
