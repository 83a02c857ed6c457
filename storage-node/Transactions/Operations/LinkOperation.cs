using SealFs.Core;
using SealFs.Core.Messages;
using SealFs.StorageNode.Shards;
using SealFs.StorageNode.Transactions.Steps;

namespace SealFs.StorageNode.Transactions.Operations;

/// <summary>link(2) to an inode of another shard.</summary>
internal sealed class LinkOperation : CrossShardOperation
{
    private readonly InodeId _inode;
    private readonly InodeId _directory;
    private readonly PartitionIndex _partition;
    private readonly byte[] _name;
    private InodeAttributes _linked;

    public LinkOperation(NodeRequest request, in LinkRequest message)
        : base(request)
    {
        _inode = message.Inode;
        _directory = message.Directory;
        _partition = message.Partition;
        _name = message.Name.ToArray();
    }

    public override void StageAnswer(Mutation mutation)
    {
        var hasDirectory = TryGetDirectory(mutation, _directory, out var directory);
        mutation.StageAnswer(Request, Errno.None, new EntryReply(true, false, _linked, hasDirectory, directory));
    }

    protected override async ValueTask<Errno> PrepareAsync(TransactionAttempt attempt)
    {
        var entry = new PutEntryStep
        {
            Directory = _directory,
            Partition = _partition,
            Name = _name,
            Inode = _inode,
            Mode = 0,
            TimeNs = TimeNs,
            Rule = EntryRule.New,
        };
        var status = attempt.Begin(entry);
        if (status != Errno.None)
            return status;

        var round = new PreparationRound().Add(_inode.Shard, new AddLinkStep { Inode = _inode, TimeNs = TimeNs });
        status = await attempt.PrepareAsync(round);
        if (status != Errno.None)
            return status;
        _linked = round.Result<AddLinkStep>().Attributes;
        entry.Mode = _linked.Mode;
        return Errno.None;
    }
}
