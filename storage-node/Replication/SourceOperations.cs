using SealFs.Core;
using SealFs.Core.Messages;
using SealFs.Core.Wire;
using SealFs.StorageNode.Files;
using SealFs.StorageNode.Shards;

namespace SealFs.StorageNode.Replication;

/// <summary>
/// What a learner asks of the node that serves the shard. Everything that reads much runs on the threads that may wait. Requests carry the attachment: one that is not known (any more) answers
/// ESTALE, and the learner attaches again.
/// </summary>
internal sealed partial class SourceOperations
{
    private readonly NodeContext _node;
    private readonly FileData _data;
    private readonly Action<NodeRequest> _tail;
    private readonly Action<NodeRequest> _tailAtOnce;
    private ulong _attachments;

    private SourceOperations(FileData data)
    {
        _node = data.Node;
        _data = data;
        _tail = request => Tail(request, mayWait: true);
        _tailAtOnce = request => Tail(request, mayWait: false);
    }

    public static void Register(OperationTable table, FileData data)
    {
        var operations = new SourceOperations(data);
        table.Register(Opcode.LearnerAttach, OperationKind.Learner, operations.OnIo(operations.Attach));
        table.Register(Opcode.CopyPage, OperationKind.Learner, operations.OnIo(operations.Page));
        table.Register(Opcode.EffectTail, OperationKind.Learner, operations._tail);
        table.Register(Opcode.ChunkBlocks, OperationKind.Learner | OperationKind.Volume, operations.OnIo(operations.Blocks));
        table.Register(Opcode.ShardSnapshot, OperationKind.Learner, operations.OnIo(operations.Snapshot));
        table.Register(Opcode.RangeHash, OperationKind.Learner, operations.OnIo(operations.RangeHash));
        table.Register(Opcode.HandOver, OperationKind.Learner, operations.OnIo(operations.HandOver));
        table.Register(Opcode.ListHandedOver, OperationKind.Learner, operations.OnIo(operations.ListHandedOver));
    }

    private Action<NodeRequest> OnIo(Action<NodeRequest> handler) => request => _data.Io.Post(request, handler);

    /// <summary>Null when the request was answered: the learner is not attached.</summary>
    private static EffectLog? LogOf(NodeRequest request, ulong attachment)
    {
        if (request.Shard.Log is not { } log || log.Id != attachment)
        {
            request.Reply(Errno.ESTALE);
            return null;
        }

        log.Heard();
        return log;
    }

    private void Attach(NodeRequest request)
    {
        if (!request.TryRead<LearnerAttachRequest>(out _))
            return;
        var shard = request.Shard;

        // Attachments of an earlier incarnation are not taken for this one's.
        var id = (_node.Identity.Incarnation << 32) | (Interlocked.Increment(ref _attachments) & uint.MaxValue);
        var log = new EffectLog(shard, id, new NodeId((uint)request.SessionId.Value), waiting => _data.Io.Post(waiting, _tailAtOnce));
        ulong sequence;
        using (shard.Enter())
        {
            if (shard.IsRetired)
            {
                log.Dispose();
                request.Reply(Errno.WrongEpoch);
                return;
            }

            shard.Attach(log);
            sequence = shard.EffectSequence;
        }

        _node.Hit(MoveSteps.Attached);
        request.Reply(Errno.None, new LearnerAttachReply(id, log.End, sequence, ShardSize.Of(_node, shard.Id)));
    }

    private void Tail(NodeRequest request, bool mayWait)
    {
        if (!request.TryRead<EffectTailRequest>(out var tail) || LogOf(request, tail.Attachment) is not { } log)
            return;
        var bytes = log.Measure(tail.From, (int)Math.Min(tail.MaxBytes, ReplicationLimits.PageBytes), out var end);
        if (bytes == 0 && mayWait && tail.WaitMs > 0 && log.TryWait(request, tail.From, Math.Min(tail.WaitMs, ReplicationLimits.TailWaitMs)))
            return;
        if (bytes < 0)
            request.Reply(Errno.ESTALE);
        else if (bytes == 0)
            request.Reply(Errno.None, new EffectTailReply(end));
        else
            ReplyEntries(request, log, tail.From, bytes, end);
    }

    private unsafe void ReplyEntries(NodeRequest request, EffectLog log, ulong from, int bytes, ulong end)
    {
        var copied = log.Copy(from, new Span<byte>(request.RentPayload(bytes), bytes));
        _node.Hit(MoveSteps.Tail);
        if (copied)
            request.ReplyRented(Errno.None, new EffectTailReply(end), bytes);
        else
            request.Reply(Errno.ESTALE);
    }

    private void Snapshot(NodeRequest request)
    {
        if (!request.TryRead<ShardSnapshotRequest>(out var message) || LogOf(request, message.Attachment) is not { } log)
            return;
        ulong position;
        ulong sequence;
        using (request.Shard.Enter())
        {
            position = log.TakeSnapshot(_node.Engine);
            sequence = request.Shard.EffectSequence;
        }

        _node.Hit(MoveSteps.Snapshot);
        request.Reply(Errno.None, new ShardSnapshotReply(position, sequence));
    }
}
