using SealFs.Core;
using SealFs.StorageNode.Transactions.Steps;

namespace SealFs.StorageNode.Transactions;

/// <summary>
/// What is still to be done, in another shard, for a transaction that was decided without asking it. Until that is done the coordinator keeps its own locks, also
/// over a restart, so that nobody sees one half of the change without the other.
/// </summary>
internal sealed record FollowUp(TransactionId Transaction, VolumeId Volume, ShardId Shard, DropLinkStep Step, List<HeldLock> Locks);
