using SealFs.Core;
using SealFs.Core.Messages;
using SealFs.Core.Wire;
using SealFs.StorageNode.Inodes;
using SealFs.StorageNode.Partitions;
using SealFs.StorageNode.Replication;
using SealFs.StorageNode.Shards;
using SealFs.StorageNode.Transactions.Operations;
using SealFs.StorageNode.Transactions.Steps;

namespace SealFs.StorageNode.Transactions;

/// <summary>The node's operations across shards, and what the nodes ask each other for them.</summary>
internal sealed class TransactionOperations : ICrossShardOperations, IAsyncDisposable
{
    /// <summary>The participant acts on it at once, and could not take it back.</summary>
    private static readonly Action<NodeRequest> s_replyCommitted = static request =>
    {
        request.StageReply(Errno.None, new TransactionResolveReply(true));
        request.ReplyStagedAfterSync();
    };

    private readonly TransactionService _service;
    private readonly OperationRunner _runner;
    private readonly PartitionSplitter _splitter;
    private readonly SplitAttributes _splitAttributes;
    private readonly NameSync _nameSync;

    public TransactionOperations(NodeContext node, TransactionOptions options)
    {
        _service = new TransactionService(node);
        _runner = new OperationRunner(_service);
        _splitter = new PartitionSplitter(_service, options.SplitThreshold);
        _splitAttributes = new SplitAttributes(_service.Calls);
        _nameSync = new NameSync(_service);
    }

    /// <summary>Calls to other nodes, also for other parts of the node.</summary>
    public Routing.ShardCalls Calls => _service.Calls;

    /// <summary>Brings the operations to a node that is being put together.</summary>
    public static TransactionOperations Register(OperationTable table, NodeContext node, TransactionOptions? options = null)
    {
        var operations = new TransactionOperations(node, options ?? new TransactionOptions());
        node.CrossShard = operations;
        table.Register(Opcode.Mkdir, OperationKind.Shard | OperationKind.Remembered | OperationKind.Volume, operations.Mkdir);
        table.Register(Opcode.Rmdir, OperationKind.Shard | OperationKind.Remembered | OperationKind.Volume, operations.Rmdir);
        table.Register(Opcode.TransactionPrepare, OperationKind.Gated | OperationKind.NodesOnly | OperationKind.Volume, Prepare);
        table.Register(Opcode.TransactionFollow, OperationKind.Gated | OperationKind.NodesOnly | OperationKind.Volume, Follow);
        table.Register(Opcode.TransactionDecide, OperationKind.Gated | OperationKind.NodesOnly, Decide);
        table.Register(Opcode.TransactionCommits, OperationKind.Node | OperationKind.NodesOnly, Commits);
        table.Register(Opcode.TransactionSync, OperationKind.Gated | OperationKind.NodesOnly, Sync);
        table.Register(Opcode.TransactionsForgotten, OperationKind.Node | OperationKind.NodesOnly, operations.Forgotten);
        table.Register(Opcode.TransactionResolve, OperationKind.Gated | OperationKind.NodesOnly, Resolve);
        table.Register(Opcode.ReadParent, OperationKind.Gated | OperationKind.NodesOnly | OperationKind.Volume, ReadParent);
        table.Register(Opcode.PartitionStat, OperationKind.Gated | OperationKind.NodesOnly | OperationKind.Volume, PartitionStat);
        return operations;
    }

    /// <summary>Starts what goes on in the background; the node knows who it is by now.</summary>
    public void Start()
    {
        _service.Start();
        _splitter.Start();
    }

    public async ValueTask DisposeAsync()
    {
        await _service.DisposeAsync();
        await _splitter.DisposeAsync();
    }

    public void Unlink(NodeRequest request)
    {
        if (request.TryRead<RemoveRequest>(out var message))
            _runner.Run(request, new UnlinkOperation(request, in message));
    }

    public void Rename(NodeRequest request)
    {
        if (request.TryRead<RenameRequest>(out var message))
            _runner.Run(request, new RenameOperation(request, in message));
    }

    public void Link(NodeRequest request)
    {
        if (request.TryRead<LinkRequest>(out var message))
            _runner.Run(request, new LinkOperation(request, in message));
    }

    public void GetSplitAttributes(NodeRequest request, InodeRow row) => _service.Track(ReplySplitAttributesAsync(request, row));

    public void EntriesAdded(Shard shard, VolumeId volume, InodeId directory, PartitionIndex partition, ulong entryCount) =>
        _splitter.Consider(shard, volume, directory, partition, entryCount);

    public void Deliver(Shard home, TransactionId transaction) => _ = home.Node.Tasks.StartNew(() => _service.Deliver(home, transaction, isUrgent: true));

    public void Resolve(Shard participant, TransactionId transaction) => _service.Resolve(participant, transaction);

    public void SyncNames(NodeRequest request, InodeId inode, Action<NodeRequest> then) => _nameSync.Begin(request, inode, then);

    private async Task ReplySplitAttributesAsync(NodeRequest request, InodeRow row)
    {
        try
        {
            var (status, attributes) = await _splitAttributes.ReadAsync(request.Shard, request.Volume, row);
            if (status == Errno.None)
                request.Reply(status, new AttributesReply(attributes));
            else
                request.Reply(status);
        }
        catch (Exception failure) when (failure is not OutOfMemoryException)
        {
            if (failure is not ShardRetiredException)
                _service.LogOperationFailed(failure, Opcode.GetAttr, request.SessionId);
            request.Reply(Errno.EIO);
        }
    }

    private void Mkdir(NodeRequest request)
    {
        if (!request.TryRead<MkdirRequest>(out var message))
            return;
        var operation = new MkdirOperation(request, in message);
        using (request.Shard.Enter())
        {
            if (!MayGrow(request))
                return;
        }

        _runner.Run(request, operation);
    }

    private static bool MayGrow(NodeRequest request)
    {
        if (!request.Node.MetadataDiskIsFull)
            return request.Node.Quota.Admit(request, request.Volume, 0, 1);
        request.Reply(Errno.ENOSPC);
        return false;
    }

    private void Rmdir(NodeRequest request)
    {
        if (request.TryRead<RemoveRequest>(out var message))
            _runner.Run(request, new RmdirOperation(request, in message));
    }

    private static void Prepare(NodeRequest request)
    {
        if (!request.TryRead<TransactionPrepareRequest>(out var message))
            return;
        var steps = new List<TransactionStep>();
        if (!StepCodec.TryRead(message.Steps, steps))
        {
            request.Reply(Errno.Malformed);
            return;
        }

        var status = request.Shard.Transactions.Prepare(message.Transaction, request.Volume, message.Session, message.Round, ref steps, out var hintDepth);
        if (status == Errno.None)
            request.Reply(Errno.None, default(EmptyMessage), StepCodec.ToBytes(steps));
        else if (status == Errno.WrongPartition)
            request.Reply(status, new PartitionHint(hintDepth));
        else
            request.Reply(status);
    }

    private static void Follow(NodeRequest request)
    {
        if (!request.TryRead<TransactionFollowRequest>(out var message))
            return;
        var steps = new List<TransactionStep>();
        if (!StepCodec.TryRead(message.Steps, steps))
        {
            request.Reply(Errno.Malformed);
            return;
        }

        request.Reply(request.Shard.Transactions.Follow(message.Transaction, request.Volume, steps));
    }

    private static void Decide(NodeRequest request)
    {
        if (!request.TryRead<TransactionDecideRequest>(out var message))
            return;
        var status = request.Shard.Transactions.Decide(message.Transaction, message.Commit);
        if (status == Errno.None && message.Commit)
            request.ContinueOutsideGate(static decided => AcknowledgeSynced(decided, Errno.None));
        else
            request.Reply(status);
    }

    /// <summary>The coordinator forgets its decision when everybody has acknowledged it: a machine that comes back without what it applied would find nobody to ask.</summary>
    private static void AcknowledgeSynced(NodeRequest request, Errno status)
    {
        request.StageReply(status);
        if ((request.Node.PlantedBugs & PlantedBugs.AcknowledgeUnsynced) != 0)
            request.ReplyStaged();
        else
            request.ReplyStagedWithNextSync();
    }

    private static void Sync(NodeRequest request)
    {
        if (!request.TryRead<TransactionSyncRequest>(out var message))
            return;
        if (!message.Transaction.IsNone && !request.Shard.Transactions.IsPrepared(message.Transaction, message.Rounds))
        {
            request.Reply(Errno.ECANCELED);
            return;
        }

        request.ContinueOutsideGate(static prepared =>
        {
            prepared.StageReply(Errno.None);
            prepared.ReplyStagedAfterSync();
        });
    }

    private void Forgotten(NodeRequest request)
    {
        if (!request.TryRead<TransactionsForgottenRequest>(out var message))
            return;
        var asked = new List<TransactionId>(message.Count);
        for (var index = 0; index < message.Count; index++)
            asked.Add(message[index]);
        var forgotten = TransactionService.Encode(_service.ForgottenHere(asked));
        request.Node.GroupCommit.WithNextSync(status =>
        {
            if (status == Errno.None)
                request.Reply(status, default(EmptyMessage), forgotten);
            else
                request.Reply(status);
        });
    }

    private static void Commits(NodeRequest request)
    {
        if (!request.TryRead<TransactionCommitsRequest>(out var message))
            return;
        var status = Errno.None;
        for (var index = 0; index < message.Count; index++)
        {
            var (shardId, transaction) = message[index];
            if (request.Node.Shards.Find(shardId) is { } shard)
            {
                using (shard.Enter())
                {
                    shard.RequireServing();
                    var decided = shard.Transactions.Decide(transaction, commit: true);
                    if (decided != Errno.None)
                        status = decided;
                }
            }
            else
            {
                status = Errno.WrongEpoch;
            }
        }

        if (status == Errno.None)
            AcknowledgeSynced(request, status);
        else
            request.Reply(status);
    }

    private static void Resolve(NodeRequest request)
    {
        if (!request.TryRead<TransactionResolveRequest>(out var message))
            return;
        var status = request.Shard.Transactions.Resolve(message.Transaction, out var committed);
        if (status != Errno.None)
            request.Reply(status);
        else if (committed)
            request.ContinueOutsideGate(s_replyCommitted);
        else
            request.Reply(status, new TransactionResolveReply(committed));
    }

    private static void ReadParent(NodeRequest request)
    {
        if (!request.TryRead<InodeRequest>(out var message))
            return;
        var status = ParentReader.ReadInGate(request.Shard, request.Volume, message.Inode, out var parent);
        if (status == Errno.None)
            request.Reply(status, new ParentReply(parent));
        else
            request.Reply(status);
    }

    private static void PartitionStat(NodeRequest request)
    {
        if (request.TryRead<PartitionStatRequest>(out var message) && !request.ParkIfAnyEntryLocked(message.Directory))
            request.Reply(Errno.None, PartitionSum.Of(request.Shard, request.Volume, message.Directory));
    }
}
