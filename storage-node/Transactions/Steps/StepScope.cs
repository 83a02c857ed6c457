using SealFs.Core;
using SealFs.StorageNode.Shards;

namespace SealFs.StorageNode.Transactions.Steps;

/// <summary>What a step sees while it is prepared: the shard under its gate, and the transaction that the locks are taken for.</summary>
internal sealed class StepScope(Mutation mutation, TransactionPart part, List<TransactionStep> steps)
{
    public Mutation Mutation => mutation;

    public Shard Shard => mutation.Shard;

    public VolumeId Volume => mutation.Volume;

    /// <summary>True when a step may write while it is prepared; the coordinator's own steps may not.</summary>
    public bool IsLogged => part.IsLogged;

    /// <summary>With WrongPartition: the depth of the partition that was addressed.</summary>
    public byte HintDepth { get; set; }

    /// <summary>Adds a step in the same shard that follows from what was found; it is prepared after those there are, and comes back with them.</summary>
    public void Append(TransactionStep step) => steps.Add(step);

    /// <summary>False while a session other than the transaction's counts on it that nobody adds names to the directory.</summary>
    public bool MayAdd(InodeId directory) => Shard.Leases.MayAdd(directory, part.Session);

    /// <summary>True while the name of a directory in this shard may still be lost: nothing that is older may come into it, or out of it.</summary>
    public bool IsNew(InodeId directory) => directory.Shard == Shard.Id && Shard.Transactions.IsNew(Mutation, directory);

    /// <summary>
    /// What a directory is that an entry names and that is not in its own shard: damage, unless this node has lost it with its power and was not told of it again yet. Busy for some time after a start, therefore.
    /// </summary>
    public Errno MissingDirectory(Errno otherwise) => Shard.Node.NowMs - Shard.Node.StartedAtMs < Limits.ToldAgainMs ? Errno.Busy : otherwise;

    /// <summary>Takes the key alone; false when somebody else has it.</summary>
    public bool Lock(LockKey key)
    {
        if (Holds(key, shared: false))
            return true;
        if (!Shard.Locks.TryLock(key, part.Id))
            return false;
        part.Locks.Add(new HeldLock(key, Shared: false));
        return true;
    }

    /// <summary>Takes the key together with others; a transaction that has it alone has it shared as well.</summary>
    public bool Share(LockKey key)
    {
        if (Holds(key, shared: false) || Holds(key, shared: true))
            return true;
        if (!Shard.Locks.TryLockShared(key))
            return false;
        part.Locks.Add(new HeldLock(key, Shared: true));
        return true;
    }

    private bool Holds(LockKey key, bool shared)
    {
        foreach (var held in part.Locks)
        {
            if (held.Key == key && held.Shared == shared)
                return true;
        }

        return false;
    }
}
