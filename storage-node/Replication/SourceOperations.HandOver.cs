using SealFs.Core;
using SealFs.Core.Messages;
using SealFs.Core.Wire;
using SealFs.StorageNode.Shards;

namespace SealFs.StorageNode.Replication;

/// <summary>The end of serving: retire, wait for what was under way, sync, and tell the learner.</summary>
internal sealed unsafe partial class SourceOperations
{
    private void HandOver(NodeRequest request)
    {
        if (!request.TryRead<HandOverRequest>(out var message) || LogOf(request, message.Attachment) is not { } log)
            return;
        if ((_node.PlantedBugs & PlantedBugs.AnswerAfterHandOver) != 0)
        {
            log.Retirement ??= new Retirement { EffectSequence = request.Shard.EffectSequence, Position = log.End };
            Tell(request, log.Retirement);
            return;
        }

        if (log.Retirement is { } before)
        {
            // Asked again: perhaps while the first question is being worked on, which answers it as well.
            if (before.Position == ulong.MaxValue)
                request.Reply(Errno.Busy);
            else
                SyncAndTell(request, before);
            return;
        }

        var shard = request.Shard;
        using (shard.Enter())
        {
            // None is given or renewed while there is a learner, so that none is in force after at most the time of one.
            if (shard.Leases.IsAnyInForce)
            {
                request.Reply(Errno.Busy);
                return;
            }
        }

        var epoch = request.Header.Epoch;
        var copy = new HeldCopy(HeldState.Retired, epoch, message.MoveId, log.Learner);

        // The question has waited for its turn, and the move may have been called off meanwhile: in the new epoch the shard is nobody else's.
        if (!shard.Retire(copy, () => shard.Epoch == epoch && Finish(shard, log)))
        {
            request.Reply(Errno.ESTALE);
            return;
        }

        _node.Shards.Retired(shard);
        _node.ShardGone(shard.Id);

        // Or just now: then it is opened again.
        if (_node.Map is { } map && map.EpochOf(shard.Id).Value > epoch.Value)
            _node.FollowAgain();
        var retirement = log.Retirement!;
        retirement.Position = log.End;
        _node.Hit(MoveSteps.Retired);
        SyncAndTell(request, retirement);
    }

    /// <summary>With the gate held.</summary>
    private static bool Finish(Shard shard, EffectLog log)
    {
        if (!ReferenceEquals(shard.Log, log) || !log.TryFinish())
            return false;
        var retirement = new Retirement { EffectSequence = shard.EffectSequence, Position = ulong.MaxValue };
        shard.ListReferences(retirement.References);
        log.Retirement = retirement;
        return true;
    }

    /// <summary>From the answer on the new owner may serve: whatever happens to this machine, it must not.</summary>
    private void SyncAndTell(NodeRequest request, Retirement retirement) => _node.GroupCommit.AfterSync(status => _data.Io.Post(request, synced =>
    {
        _node.Hit(MoveSteps.HandedOver);
        if (status == Errno.None)
            Tell(synced, retirement);
        else
            synced.Reply(status);
    }));

    private static void Tell(NodeRequest request, Retirement retirement) =>
        request.Reply(Errno.None, new HandOverReply(retirement.Position, retirement.EffectSequence, (uint)retirement.References.Count));

    private void ListHandedOver(NodeRequest request)
    {
        if (!request.TryRead<HandedOverRequest>(out var message) || LogOf(request, message.Attachment) is not { } log)
            return;
        var references = log.Retirement?.References;
        if (references is null || message.FirstIndex >= references.Count)
        {
            request.Reply(Errno.EINVAL);
            return;
        }

        var count = Math.Min(references.Count - (int)message.FirstIndex, ReplicationLimits.ReferencesPerCall);
        var length = count * HandedReference.WireSize;
        var writer = new WireWriter(new Span<byte>(request.RentPayload(length), length));
        foreach (var reference in references.GetRange((int)message.FirstIndex, count))
            reference.Write(ref writer);
        request.ReplyRented(Errno.None, default(EmptyMessage), length);
    }
}
