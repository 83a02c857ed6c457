using SealFs.Core;
using SealFs.StorageNode.Shards;

namespace SealFs.StorageNode.Transactions.Steps;

/// <summary>Prepares, applies and takes back steps, for participants and for the coordinator's own part alike. With the shard's gate held.</summary>
internal static class StepRunner
{
    /// <summary>
    /// Prepares one round and adds it to the part; <paramref name="steps"/> grows by those that steps append. When one of them fails, the locks of this round
    /// are free again and the part is as before; what the mutation has staged must not be committed.
    /// </summary>
    public static Errno Prepare(Mutation mutation, TransactionPart part, List<TransactionStep> steps, out byte hintDepth)
    {
        hintDepth = 0;
        var firstLock = part.Locks.Count;
        var scope = new StepScope(mutation, part, steps);
        var status = Errno.None;
        try
        {
            // Steps may append others.
            for (var index = 0; index < steps.Count && status == Errno.None; index++)
                status = steps[index].Prepare(scope);
        }
        catch
        {
            Unlock(mutation.Shard, part, firstLock);
            throw;
        }

        if (status != Errno.None)
        {
            hintDepth = scope.HintDepth;
            Unlock(mutation.Shard, part, firstLock);
            return status;
        }

        part.RoundStarts.Add(part.Steps.Count);
        part.Steps.AddRange(steps);
        return Errno.None;
    }

    /// <summary>Stages what the steps do, or take back.</summary>
    public static void Finish(Mutation mutation, TransactionPart part, bool commit)
    {
        if (commit)
        {
            foreach (var step in part.Steps)
                step.Apply(mutation);
            return;
        }

        for (var index = part.Steps.Count - 1; index >= 0; index--)
            part.Steps[index].Undo(mutation);
    }

    /// <summary>After the commit: tells the parts of the node that may have something to do now.</summary>
    public static void Announce(Shard shard, TransactionPart part)
    {
        var removed = false;
        foreach (var step in part.Steps)
        {
            if (step is PutEntryStep { IsNew: true } put)
                shard.Node.CrossShard.EntriesAdded(shard, part.Volume, put.Directory, put.Partition, put.EntryCount);
            else if (step is ReceivePartitionStep { IsLast: true } received)
                shard.Node.CrossShard.EntriesAdded(shard, part.Volume, received.Directory, received.Partition, received.EntryCount);
            removed |= step is DropLinkStep;
        }

        if (removed)
            shard.Node.Contents.Removed();
    }

    /// <summary>Frees the part's locks, from one on.</summary>
    public static void Unlock(Shard shard, TransactionPart part, int first = 0)
    {
        for (var index = part.Locks.Count - 1; index >= first; index--)
        {
            var held = part.Locks[index];
            if (held.Shared)
                shard.Locks.UnlockShared(held.Key);
            else
                shard.Locks.Unlock(held.Key, part.Id);
        }

        part.Locks.RemoveRange(first, part.Locks.Count - first);
    }
}
