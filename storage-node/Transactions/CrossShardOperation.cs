using SealFs.Core;
using SealFs.Core.Messages;
using SealFs.StorageNode.Inodes;
using SealFs.StorageNode.Shards;

namespace SealFs.StorageNode.Transactions;

/// <summary>
/// One operation on names that may touch several shards. It is tried until no other transaction is in the way, each time as a new transaction; between the
/// tries it holds nothing.
/// </summary>
internal abstract class CrossShardOperation(NodeRequest request)
{
    protected NodeRequest Request => request;

    /// <summary>The clock of the coordinator gives all times of the operation.</summary>
    protected long TimeNs { get; private set; }

    protected VolumeId Volume => request.Volume;

    protected uint ShardCount => request.Node.ShardCount;

    /// <summary>
    /// True when a participant that loses what it has prepared can do it again, whatever happened there meanwhile. Then nothing waits for a disk, and since nobody meets what the participants
    /// still have prepared after the commit, they are told a little later, together with others.
    /// </summary>
    public virtual bool CanBeDoneAgain => false;

    /// <summary>Prepares everything. None: it can be committed. Busy: try again after a pause; EAGAIN: at once, since something was learned; any other errno ends the operation.</summary>
    public async ValueTask<Errno> TryAsync(TransactionAttempt attempt)
    {
        TimeNs = request.Node.NowNs;
        return await PrepareAsync(attempt);
    }

    /// <summary>Puts the answer together: the own steps are staged, so that the mutation shows the directory as it will be.</summary>
    public abstract void StageAnswer(Mutation mutation);

    /// <summary>Answers an operation that succeeded without a change.</summary>
    public virtual void ReplyNothingToDo() => request.Reply(Errno.None, new RemoveReply());

    /// <inheritdoc cref="TryAsync"/>
    protected abstract ValueTask<Errno> PrepareAsync(TransactionAttempt attempt);

    /// <summary>The attributes of a directory, when this shard knows the whole of them.</summary>
    protected static bool TryGetDirectory(Mutation mutation, InodeId directory, out InodeAttributes attributes)
    {
        var found = directory.Shard == mutation.Shard.Id && RootDirectory.Get(mutation, directory, out var row) == Errno.None && !row.IsSplit ? row : default;
        attributes = found.Attributes;
        return !attributes.Inode.IsNone;
    }
}
