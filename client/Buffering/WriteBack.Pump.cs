using SealFs.Client.Routing;
using SealFs.Core;
using SealFs.Core.Messages;
using SealFs.Core.Wire;

namespace SealFs.Client.Buffering;

/// <content>Sends dirty ranges and commits, a bounded number at a time, and tells those who wait.</content>
internal sealed partial class WriteBack
{
    private enum Step
    {
        Nothing,
        SendRange,
        Place,
        Commit,
        Complete,
        Unpin,
    }

    /// <summary>What the pump does next, decided under the file's gate and done without it.</summary>
    private struct Work
    {
        public Step Step;
        public Extent? Extent;
        public DrainWaiter? Waiter;

        /// <summary>Appended ranges whose place is asked for together, oldest first.</summary>
        public List<Extent>? Appends;

        /// <summary>With <see cref="Appends"/>: the file's, when the place was asked for.</summary>
        public int LossCount;

        /// <summary>The range is appended, and written where it is believed to go unless it goes elsewhere: no further request is needed for its place.</summary>
        public bool IsAppend;

        /// <summary>With a commit: what had to be committed already, for <see cref="TakeBackRide"/>.</summary>
        public bool WasCommitNeeded;
        public ulong SizeBefore;
        public long TimeBefore;

        /// <summary>The range carries size and time: no further request is needed.</summary>
        public bool WithCommit;

        /// <summary>The answer is to come when it is on the disk: no further request is needed for that.</summary>
        public bool WithSync;
        public ulong SizeBytes;
        public long TimeNs;
        public bool KillSetIds;

        /// <summary>What chunks above 0 have come to take since the last commit.</summary>
        public long AllocatedBytes;

        /// <summary>See <see cref="FileState.CommitCuts"/>.</summary>
        public uint Cuts;

        /// <summary>Whose logs have to be synced first.</summary>
        public List<ShardId>? Pending;

        /// <summary>The arena's count when it was sent: what was acknowledged before is covered by its sync.</summary>
        public ulong Before;
    }

    /// <summary>Does whatever can be done for a file now. Call without its gate; the caller holds a pin.</summary>
    private void Pump(FileState file)
    {
        while (true)
        {
            Work work;
            lock (file.Gate)
                work = Next(file);
            switch (work.Step)
            {
                case Step.SendRange:
                    SendRangeAsync(file, work);
                    break;
                case Step.Place:
                    PlaceAsync(file, work);
                    break;
                case Step.Commit:
                    CommitAsync(file, work);
                    break;
                case Step.Complete:
                    work.Waiter!.Complete(Errno.None);
                    break;
                case Step.Unpin:
                    RemoveDirty(file);
                    return;
                default:
                    return;
            }
        }
    }

    private Work Next(FileState file)
    {
        if (!file.IsPlacing && NextToPlace(file) is { } appends)
            return MayAppendDirectly(file, appends) ? BeginAppend(file, appends[0]) : BeginPlace(file, appends);
        if (file.InFlight < Limits.TransfersPerFile && NextToSend(file) is { } extent)
            return BeginSend(file, extent);
        if (TakeSatisfied(file) is { } waiter)
            return new Work { Step = Step.Complete, Waiter = waiter };
        if (file.IsCommitNeeded && !file.IsCommitting && WantsCommitNow(file))
            return BeginCommit(file);
        if (file.IsDirty || !file.IsDirtyPinned || file.Waiters is not null)
            return default;
        file.IsDirtyPinned = false;
        ForgetCommit(file);
        file.CommitTimeNs = 0;
        return new Work { Step = Step.Unpin };
    }

    /// <summary>
    /// The oldest range that is to be sent and shares no block with one under way. Of two versions of a byte the newer one arrives later; and a block is filled in the order in which it was written: should a node
    /// be asked to sync it in between, it could not tell what comes later from bytes that are written over, of which it need not say that they are lost.
    /// </summary>
    private static Extent? NextToSend(FileState file)
    {
        foreach (var extent in file.Extents)
        {
            if (extent.Order > file.SendUpTo)
                return null;
            if (extent.IsSending || extent.NeedsPlace)
                continue;
            foreach (var other in file.Extents)
            {
                if (other.IsSending && other.SharesBlock(extent))
                    return null;
            }
            return extent;
        }
        return null;
    }

    private Work BeginSend(FileState file, Extent extent)
    {
        extent.IsSending = true;
        file.InFlight++;
        var work = new Work { Step = Step.SendRange, Extent = extent, TimeNs = extent.ModifyTimeNs, KillSetIds = extent.KillSetIds };
        if (MayCommitWith(file, extent) && WantsCommit(file))
            RideWith(file, extent, ref work);
        return work;
    }

    /// <summary>Size and time can ride with the range: it is all that is left, and goes to the inode's shard.</summary>
    private bool MayCommitWith(FileState file, Extent extent) =>
        file.Extents.Count == 1 && extent.End <= _chunkBytes && !file.IsCommitting && !(file.IsCommitNeeded && file.CommitCuts != CommitWriteRequest.NoCuts);

    private void RideWith(FileState file, Extent extent, ref Work work)
    {
        work.WithCommit = true;
        work.WasCommitNeeded = file.IsCommitNeeded;
        work.SizeBefore = file.CommitSizeBytes;
        work.TimeBefore = file.CommitTimeNs;
        work.SizeBytes = Math.Max(extent.End, file.IsCommitNeeded ? file.CommitSizeBytes : 0);
        work.KillSetIds |= file.CommitKillsSetIds;
        file.CommitSizeBytes = work.SizeBytes;
        file.CommitTimeNs = work.TimeNs;
        StartCommit(file, extent);
        work.WithSync = WantsSync(file);
        if (!work.WithSync)
            return;
        work.Before = _arena.NextOrder();
        StartSync(file);
    }

    /// <summary>The range was not written: what had to be committed before still has to be, and those who wait are not covered.</summary>
    private static void TakeBackRide(FileState file, in Work work)
    {
        file.CommitSizeBytes = Math.Max(work.SizeBefore, file.IsCommitNeeded ? file.CommitSizeBytes : 0);
        file.CommitTimeNs = Math.Max(work.TimeBefore, file.IsCommitNeeded ? file.CommitTimeNs : 0);
        file.IsCommitNeeded |= work.WasCommitNeeded;
        UncoverWaiters(file);
    }

    private static Work BeginCommit(FileState file)
    {
        StartCommit(file, riding: null);
        var allocated = file.CommitAllocatedBytes;
        file.CommitAllocatedBytes = 0;
        var pending = file.Pending;
        file.Pending = null;
        return new Work
        {
            Step = Step.Commit,
            SizeBytes = file.CommitSizeBytes,
            TimeNs = file.CommitTimeNs,
            KillSetIds = file.CommitKillsSetIds,
            AllocatedBytes = allocated,
            Cuts = file.CommitCuts,
            Pending = pending,
        };
    }

    private async Detached SendRangeAsync(FileState file, Work work)
    {
        var call = _router.Rent().Persist();
        var extent = work.Extent!;
        var first = (int)Math.Min((uint)extent.Length, _chunkBytes - extent.Offset % _chunkBytes);
        EncodeWrite(call, file, in work, 0, first);
        Errno status;
        WriteReply reply;
        WriteVerifier verifier;
        using (var answer = await call.SendAsync(Opcode.Write, ShardOf(file.Inode, extent.Offset)))
        {
            status = answer.TryRead(out reply);
            verifier = answer.Verifier;
        }
        var rest = default(Rest);
        if (first < extent.Length && status == Errno.None)
        {
            rest = await SendRestAsync(call, file, work, first);
            status = rest.Status;
        }
        var node = status == Errno.None && reply.IsSynced ? call.Node : default;
        _router.Return(call);
        _router.Metrics.Written(extent.Length);
        if (IsLeftToSuccessor(status))
            return;
        if (status == Errno.None && reply.IsElsewhere)
        {
            lock (file.Gate)
                FinishElsewhere(file, in work);
            Pump(file);
            return;
        }
        lock (file.Gate)
        {
            file.InFlight--;
            if (work.IsAppend)
                FinishAppend(file, extent);
            file.CommitAllocatedBytes += reply.AllocatedDeltaBytes + rest.Reply.AllocatedDeltaBytes;
            if (rest.IsDone)
                NoteAcknowledged(file, ShardOf(file.Inode, extent.End - 1), rest.Verifier, isKept: false);
            if (status == Errno.None && !work.WithCommit)
                NoteUncommitted(file, extent, in reply, in rest);
            if (work.WithCommit && status != Errno.None)
                TakeBackRide(file, in work);
            if (work.WithCommit)
                FinishCommit(file, in work, status, reply.Attributes);
            if (node != default && !Settle(file, file.Inode.Shard, verifier, work.Before))
                node = default;
            if (status == Errno.None && !reply.IsSynced && work.WithCommit)
                NoteCommitted(file, in work, verifier);
            if (work.WithSync)
                FinishSync(file, node);
            FinishRange(file, extent, status, reply.IsSynced, verifier);
        }
        TrimKept();
        SignalRoom();
        Pump(file);
    }

    /// <summary>This worker ends before it could send something: it stays in the arena for the one that goes on.</summary>
    private bool IsLeftToSuccessor(Errno status) => status != Errno.None && _router.IsStopping;

    private void FinishRange(FileState file, Extent extent, Errno status, bool isSynced, WriteVerifier verifier)
    {
        if (status != Errno.None)
        {
            NoteFailure(file, status);
            Remove(file, extent);
        }
        else if (!isSynced)
        {
            KeepOrRemove(file, extent, verifier);
        }
        else if (!TryRepeat(extent))
        {
            FreeOverlapped(file, extent);
            Remove(file, extent);
        }
    }

    private async Detached CommitAsync(FileState file, Work work)
    {
        if (work.Pending is not null && await SyncLogsAsync(file, work.Pending) is var loss and not Loss.None)
        {
            lock (file.Gate)
                GiveUpCommit(file, in work, loss);
            Resume(file);
            Pump(file);
            return;
        }
        var call = _router.Rent().Persist();
        var flags = work.KillSetIds ? WriteFlags.KillSetIds : WriteFlags.None;
        call.Encode(new CommitWriteRequest(file.Inode, work.SizeBytes, work.TimeNs, flags, work.AllocatedBytes, work.Cuts));
        Errno status;
        AttributesReply reply;
        WriteVerifier verifier;
        using (var answer = await call.SendAsync(Opcode.CommitWrite, file.Inode.Shard))
        {
            status = answer.TryRead(out reply);
            verifier = answer.Verifier;
        }
        _router.Return(call);
        if (IsLeftToSuccessor(status))
            return;
        lock (file.Gate)
        {
            FinishCommit(file, in work, status, reply.Attributes);
            if (status == Errno.None)
            {
                NoteCommitted(file, in work, verifier);
            }
            else
            {
                file.CommitAllocatedBytes += work.AllocatedBytes;
                NoteFailure(file, status);
            }
        }
        Pump(file);
    }

    /// <summary>The end of an append that a chunk ends within: its place was chosen after its bytes were gathered.</summary>
    private async ValueTask<Rest> SendRestAsync(RoutedCall call, FileState file, Work work, int from)
    {
        var extent = work.Extent!;
        EncodeWrite(call, file, in work, from, extent.Length - from);
        using var answer = await call.SendAsync(Opcode.Write, ShardOf(file.Inode, extent.Offset + (uint)from));
        var status = answer.TryRead(out WriteReply reply);
        return new Rest(status, status == Errno.None, reply, answer.Verifier);
    }

    private readonly record struct Rest(Errno Status, bool IsDone, WriteReply Reply, WriteVerifier Verifier);

    private unsafe void EncodeWrite(RoutedCall call, FileState file, in Work work, int from, int length)
    {
        var extent = work.Extent!;
        var offset = extent.Offset + (uint)from;
        var flags = (work.WithCommit ? WriteFlags.Commit : WriteFlags.None)
            | (work.WithSync ? WriteFlags.Sync : WriteFlags.None)
            | (work.KillSetIds ? WriteFlags.KillSetIds : WriteFlags.None)
            | (work.IsAppend ? WriteFlags.Append : WriteFlags.None);
        call.Encode(new WriteRequest(file.Inode, new ChunkIndex(offset / _chunkBytes), (uint)(offset % _chunkBytes), flags, work.SizeBytes, work.TimeNs, extent.Run));
        call.SetPayload((nint)_arena.Data(extent.Unit) + from, length);
    }

    /// <summary>The size must be in the arena before the range leaves it: a successor has to commit it.</summary>
    private void NoteUncommitted(FileState file, Extent extent, in WriteReply reply, in Rest rest)
    {
        if (extent.Offset >= _chunkBytes)
            NoteUncommitted(file, extent, rest.IsDone ? Math.Min(reply.Cuts, rest.Reply.Cuts) : reply.Cuts);
        else if (rest.IsDone)
            NoteUncommitted(file, extent, rest.Reply.Cuts);
        else
            file.CommitSizeBytes = Math.Max(file.CommitSizeBytes, extent.End);
        if (reply.IsPending)
            NotePending(file, ShardOf(file.Inode, extent.Offset));
        if (rest.IsDone && rest.Reply.IsPending)
            NotePending(file, ShardOf(file.Inode, extent.End - 1));
        file.CommitTimeNs = Math.Max(file.CommitTimeNs, extent.ModifyTimeNs);
        file.CommitKillsSetIds |= extent.KillSetIds;
        file.IsCommitNeeded = true;
        RecordCommit(file);
    }

    /// <summary>A chunk above 0, written after so many cuts of the file: what was written before the last of them is gone, and its size does not count.</summary>
    private static void NoteUncommitted(FileState file, Extent extent, uint cuts)
    {
        var known = file.CommitCuts;
        if (known != CommitWriteRequest.NoCuts && cuts < known)
            return;
        if (known != CommitWriteRequest.NoCuts && cuts > known)
            file.CommitSizeBytes = 0;
        file.CommitCuts = cuts;
        file.CommitSizeBytes = Math.Max(file.CommitSizeBytes, extent.End);
    }

    private static void ForgetCommit(FileState file)
    {
        file.CommitSizeBytes = 0;
        file.CommitCuts = CommitWriteRequest.NoCuts;
    }

    private void FinishCommit(FileState file, in Work work, Errno status, in InodeAttributes attributes)
    {
        var version = attributes.Version;
        if (status == Errno.None)
            TellSize(file, attributes.SizeBytes);
        file.IsCommitting = false;
        Committed?.Invoke(file.Inode);

        // Another version than the next one: somebody else changed the file too, and the kernel's pages do not show it.
        file.Version = status == Errno.None && file.Version != 0 && version == file.Version + 1 ? version : 0;
        if (status == Errno.None && !file.IsCommitNeeded)
        {
            ForgetCommit(file);
            file.CommitKillsSetIds = false;
        }
        RecordCommit(file);
    }

    private void RecordCommit(FileState file)
    {
        ref var record = ref _arena.Record(file.Record);
        record.CommitSizeBytes = file.CommitSizeBytes;
        record.CommitTimeNs = file.CommitTimeNs;
        Volatile.Write(ref record.CommitNeeded, !file.IsCommitNeeded && !file.IsCommitting ? 0u : file.CommitKillsSetIds ? FileRecord.CommitKillsSetIds : 1u);
    }

    private void NoteFailure(FileState file, Errno status)
    {
        _arena.SetErrors(file, file.Errors.With(status));
        Interlocked.Increment(ref _failures);
        LogWriteFailed(file.Inode, status);
    }

    private void Remove(FileState file, Extent extent)
    {
        file.Extents.Remove(extent);
        Release(extent);
    }

    private void Release(Extent extent)
    {
        Volatile.Write(ref _arena.Header(extent.Unit).State, 0);
        _arena.Free(extent.Unit, extent.Units);
        _freeExtents.Enqueue(extent);
    }

    private void RemoveDirty(FileState file)
    {
        lock (_dirtyGate)
        {
            if (--_dirty[file] == 0)
                _dirty.Remove(file);
        }
        _files.Release(file);
    }

    private void SignalRoom()
    {
        if (Interlocked.Exchange(ref _isRoomWanted, false))
            Interlocked.Exchange(ref _room, NewSignal()).TrySetResult();
    }
}
