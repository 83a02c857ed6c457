using SealFs.Core;
using SealFs.Core.Messages;
using SealFs.Core.Placement;
using SealFs.StorageNode.Shards;
using SealFs.StorageNode.Transactions.Steps;

namespace SealFs.StorageNode.Transactions.Operations;

/// <summary>mkdir(2): the inode in the shard that parent and name hash to, the entry here.</summary>
internal sealed class MkdirOperation : CrossShardOperation
{
    private readonly InodeId _directory;
    private readonly PartitionIndex _partition;
    private readonly byte[] _name;
    private readonly uint _mode;
    private readonly uint _uid;
    private readonly uint _gid;
    private PutEntryStep? _entry;
    private InodeAttributes _created;

    public MkdirOperation(NodeRequest request, in MkdirRequest message)
        : base(request)
    {
        _directory = message.Directory;
        _partition = message.Partition;
        _name = message.Name.ToArray();
        _mode = InodeAttributes.TypeDirectory | (message.Mode & ~InodeAttributes.TypeMask);
        _uid = message.Uid;
        _gid = message.Gid;
    }

    /// <summary>The new inode is there and unlocked from its preparation on: all that is left is to forget the record. An inode that was lost is made again, empty.</summary>
    public override bool CanBeDoneAgain => true;

    public override void StageAnswer(Mutation mutation)
    {
        var hasDirectory = TryGetDirectory(mutation, _directory, out var directory);
        var lease = hasDirectory ? mutation.Shard.Leases.Added(_directory, Request.SessionId, _entry!.EntryCount, ownShares: 1) : default;
        mutation.StageAnswer(Request, Errno.None, new EntryReply(true, false, _created, hasDirectory, directory, lease));
    }

    protected override async ValueTask<Errno> PrepareAsync(TransactionAttempt attempt)
    {
        var entry = _entry = new PutEntryStep
        {
            Directory = _directory,
            Partition = _partition,
            Name = _name,
            Inode = InodeId.None,
            Mode = _mode,
            TimeNs = TimeNs,
            Rule = EntryRule.New,
        };
        var status = attempt.Begin(entry);
        if (status != Errno.None)
            return status;

        var birth = PlacementHash.Directory(_directory, _name, ShardCount);
        var round = new PreparationRound().Add(
            birth, new CreateDirectoryStep { Parent = _directory, Mode = _mode, Uid = _uid, Gid = _gid, TimeNs = TimeNs });
        status = await attempt.PrepareAsync(round);
        if (status != Errno.None)
            return status;
        _created = round.Result<CreateDirectoryStep>().Attributes;
        entry.Inode = _created.Inode;
        return Errno.None;
    }
}
