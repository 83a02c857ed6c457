using SealFs.Core;
using SealFs.Core.Control;
using SealFs.Core.Control.V1;
using SealFs.Core.Messages;
using SealFs.Core.Placement;
using SealFs.Core.Wire;

namespace SealFs.StorageNode.Replication;

/// <summary>Taking over: ask the manager, have the source retire, fetch the rest, make it durable, tell the manager, serve.</summary>
internal sealed partial class Learner
{
    /// <summary>True when it is over: the shard is served from here, or the manager does not want that.</summary>
    private async Task<bool> SwitchAsync(CancellationToken cancellation)
    {
        await ComeNearAsync(cancellation);
        Step = CopyStep.Switching;
        _node.Hit(MoveSteps.BeforeBeginSwitch);
        if (!await AskManagerAsync(() => control.BeginSwitchAsync(Move, cancellation), cancellation))
            return true;
        _node.Hit(MoveSteps.AfterBeginSwitch);
        await CatchUpAsync(cancellation);

        var since = _node.Time.GetTimestamp();
        var handed = await HandOverAsync(cancellation);
        _node.Hit(MoveSteps.TookOver);
        await PersistAsync(() => FetchRestAsync(handed, cancellation), cancellation);
        _node.Hit(MoveSteps.BeforeComplete);
        await CompleteAsync(handed.EffectSequence, _node.Time.GetElapsedTime(since), cancellation);
        return true;
    }

    /// <summary>An earlier life of this learner had everything, and perhaps told the manager: only a map says what became of it, and until then nothing of the copy may be touched.</summary>
    private bool IsComplete =>
        _node.Copies.TryGet(Shard, out var copy) && copy.State == HeldState.Complete && copy.Epoch == Epoch && copy.Move == Move;

    /// <summary>Next to nothing is left to fetch or to sync.</summary>
    private async Task ComeNearAsync(CancellationToken cancellation)
    {
        Step = CopyStep.Tailing;
        for (var tries = 0; tries < ReplicationLimits.NearTries; tries++)
        {
            await CatchUpAsync(cancellation);
            var before = _position;
            await OnIoAsync(Sync);
            await TailAsync(0);
            if (_position - before + Behind <= ReplicationLimits.NearEffects && BlocksLater <= ReplicationLimits.NearBlocks)
                return;
        }
    }

    /// <summary>Asked until it is answered. ESTALE: the source has not retired, and knows this learner no more.</summary>
    private async Task<HandOverReply> HandOverAsync(CancellationToken cancellation)
    {
        var pause = ReplicationLimits.SwitchRetryFirst;
        while (true)
        {
            try
            {
                using var response = await AskAsync(Opcode.HandOver, new HandOverRequest(_attachment, Move));
                return response.Read<HandOverReply>();
            }
            catch (CopyFailedException failure) when (failure.Status is Errno.Busy or Errno.Disconnected or Errno.ETIMEDOUT or Errno.EIO)
            {
                _problem = failure.Message;
            }

            pause = await PauseAsync(pause, cancellation);
        }
    }

    /// <summary>Nobody serves the shard: what fails is done again until it succeeds, or somebody decides otherwise.</summary>
    private async Task PersistAsync(Func<Task> work, CancellationToken cancellation)
    {
        for (var pause = ReplicationLimits.SwitchRetryFirst; ; pause = await PauseAsync(pause, cancellation))
        {
            try
            {
                await work();
                _problem = "";
                return;
            }
            catch (Exception failure) when (failure is not (OperationCanceledException or OutOfMemoryException))
            {
                _problem = failure.Message;
                LogFailed(logger, failure, Shard, Move, Source);
            }
        }
    }

    private async Task FetchRestAsync(HandOverReply handed, CancellationToken cancellation)
    {
        if ((_node.PlantedBugs & PlantedBugs.SwitchBeforeCaughtUp) == 0)
        {
            await CatchUpToAsync(handed.Position, cancellation);
            await FetchAllAsync(cancellation, throttled: false);
        }

        var references = new List<HandedReference>((int)handed.OpenReferences);
        while (references.Count < handed.OpenReferences)
            await FetchReferencesAsync(references);

        // The row first, and then one sync for everything: a crash in between leaves a copy that is not complete.
        _node.Copies.Put(Shard, new HeldCopy(HeldState.Complete, Epoch, Move, default));
        _node.Copies.Keep(Shard, references);

        // The map that calls the move off may have come before the row.
        if (_node.Map is { } map)
            _node.Copies.Follow(map, _node.Identity.Node);
        await OnIoAsync(Sync);
    }

    private async Task FetchReferencesAsync(List<HandedReference> references)
    {
        using var response = await AskAsync(Opcode.ListHandedOver, new HandedOverRequest(_attachment, (uint)references.Count));
        Add(response.Payload, references);

        static void Add(ReadOnlySpan<byte> payload, List<HandedReference> references)
        {
            if (payload.IsEmpty || payload.Length % HandedReference.WireSize != 0)
                throw new CopyFailedException("Open references that were handed over are none.");
            var reader = new WireReader(payload);
            while (reader.Remaining > 0)
                references.Add(HandedReference.Read(ref reader));
        }
    }

    /// <summary>
    /// Tells the manager that the copy is complete. A refusal is no proof that the move was called off: an earlier answer may have been lost. The row stays as it is, and the next map decides
    /// (<see cref="HeldCopies.Follow"/>).
    /// </summary>
    private async Task CompleteAsync(ulong effectSequence, TimeSpan pause, CancellationToken cancellation)
    {
        Step = CopyStep.Switching;
        var copy = new CompletedCopy(Move, effectSequence, (ulong)Interlocked.Read(ref _bytesCopied), (ulong)pause.TotalMilliseconds);
        ClusterMap? map = null;
        var wanted = await AskManagerAsync(async () => map = await control.CompleteMoveAsync(copy, cancellation), cancellation);
        if (wanted && map is not null)
        {
            _node.Hit(MoveSteps.AfterComplete);
            _node.Follow(map);
        }

        if (!_node.Shards.IsServed(Shard))
            return;
        metrics.Completed(pause);
        LogTookOver(logger, Shard, Source, Interlocked.Read(ref _bytesCopied), pause.TotalMilliseconds);
        _node.Hit(MoveSteps.Served);
    }

    /// <summary>
    /// Asked until the manager answers, or a map says what became of it. False when it refuses.
    /// </summary>
    private async Task<bool> AskManagerAsync(Func<Task> ask, CancellationToken cancellation)
    {
        for (var pause = ReplicationLimits.SwitchRetryFirst; ; pause = await PauseAsync(pause, cancellation))
        {
            try
            {
                await ask();
                _problem = "";
                return true;
            }
            catch (ControlException refusal) when (!refusal.IsTransient)
            {
                _problem = refusal.Message;
                LogRefused(logger, Move, refusal.Message);
                return false;
            }
            catch (ControlException failure)
            {
                _problem = failure.Message;
                LogManagerAway(logger, failure, Move);
            }

            // The answer may have been lost and the map have come another way.
            if (_node.Map is { } map && map.EpochOf(Shard).Value > Epoch.Value)
                return true;
        }
    }

    private async Task<TimeSpan> PauseAsync(TimeSpan pause, CancellationToken cancellation)
    {
        await Task.Delay(pause, _node.Time, cancellation);
        return TimeSpan.FromTicks(Math.Min(pause.Ticks * 2, ReplicationLimits.SwitchRetryLast.Ticks));
    }
}
