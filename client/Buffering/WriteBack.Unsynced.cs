using SealFs.Core;
using SealFs.Core.Messages;
using SealFs.Fuse;

namespace SealFs.Client.Buffering;

/// <content>
/// What the servers have acknowledged and may lose with their power, until an fsync has made it durable. Of open files the bytes are kept in the arena and are sent again when the write verifier of their
/// shard has changed (see <see cref="WriteVerifier"/>). Where the room is needed, and of closed files, only the fact is kept: then every open handle is told EIO.
/// </summary>
internal sealed partial class WriteBack
{
    private readonly Lock _keptGate = new();

    /// <summary>Kept ranges in the order in which they were acknowledged; some are gone by the time that their turn comes.</summary>
    private readonly Queue<(FileState File, InodeId Inode, Extent Extent, ulong AckOrder)> _kept = new();
    private int _keptUnits;

    /// <summary>An inode was changed by another request than a write: see <see cref="NoteAcknowledged"/>.</summary>
    public void NoteChanged(FileState file, ShardId shard, WriteVerifier verifier)
    {
        lock (file.Gate)
            NoteAcknowledged(file, shard, verifier, isKept: false);
        Resume(file);
    }

    /// <summary>
    /// Before the file is truncated or changed in place: drains it, and lets go of what is kept behind this offset. Were that sent again, since a node loses its power just then, it could arrive after the change.
    /// </summary>
    /// <returns>EINTR when the request was interrupted; and the shards of what is not kept any more, for <see cref="NoteLetGo"/>.</returns>
    public async ValueTask<(Errno Status, HashSet<ShardId> LetGo)> DrainAndLetGoAsync(FileState file, ulong offset, FuseRequest? request = null)
    {
        var letGo = new HashSet<ShardId>();
        while (true)
        {
            var drained = await DrainAsync(file, commit: true, request);
            if (drained.Status != Errno.None)
                return (drained.Status, letGo);
            lock (file.Gate)
            {
                // Otherwise something is being sent again already.
                if (file.LossCount != drained.LossCount)
                    continue;
                LetGoBehind(file, offset, letGo);
                return (Errno.None, letGo);
            }
        }
    }

    /// <summary>The file was truncated: what lies behind its new end is not sent again.</summary>
    public void NoteTruncated(FileState file, ulong sizeBytes)
    {
        lock (file.Gate)
            LetGoBehind(file, sizeBytes, []);
    }

    /// <summary>What was let go cannot be sent again, should it be lost: the change has failed, or leaves some of it as it was.</summary>
    public void NoteLetGo(FileState file, HashSet<ShardId> letGo)
    {
        foreach (var shard in letGo)
            _arena.NoteDropped(file.Inode, shard);
    }

    private void LetGoBehind(FileState file, ulong sizeBytes, HashSet<ShardId> letGo)
    {
        if (file.UnsyncedSizeBytes > sizeBytes)
        {
            SetUnsyncedSize(file, sizeBytes);
            letGo.Add(file.Inode.Shard);
        }
        for (var i = file.Kept.Count - 1; i >= 0; i--)
        {
            var extent = file.Kept[i];
            if (extent.End <= sizeBytes)
                continue;
            letGo.Add(ShardOf(file.Inode, extent.Offset));
            if (extent.Offset >= sizeBytes)
            {
                FreeKept(file, extent);
                continue;
            }
            extent.Length = (int)(sizeBytes - extent.Offset);
            _arena.Header(extent.Unit).State = ExtentHeader.KeptStateOf(extent.Length, extent.Units);
        }
    }

    /// <summary>A shard's verifier has changed: what is kept of it is sent again, and who has lost something is told.</summary>
    public void OnVerifierChanged(ShardId shard, WriteVerifier verifier)
    {
        foreach (var file in _files.Picture())
        {
            lock (file.Gate)
                HandleLoss(file, shard, verifier, _arena.TakeLoss(file.Inode, shard, verifier));
            Resume(file);
            _files.Release(file);
        }
    }

    /// <summary>Under the gate. A shard has acknowledged a change of the file, which it may lose until it is synced.</summary>
    private void NoteAcknowledged(FileState file, ShardId shard, WriteVerifier verifier, bool isKept) =>
        HandleLoss(file, shard, verifier, _arena.NoteUnsynced(file.Inode, shard, verifier, isKept));

    /// <summary>Under the gate. Size and time were acknowledged by the inode's shard.</summary>
    private void NoteCommitted(FileState file, in Work work, WriteVerifier verifier)
    {
        NoteAcknowledged(file, file.Inode.Shard, verifier, isKept: file.Opens > 0);
        SetUnsyncedSize(file, Math.Max(file.UnsyncedSizeBytes, work.SizeBytes));
        file.UnsyncedTimeNs = Math.Max(file.UnsyncedTimeNs, work.TimeNs);
        file.UnsyncedSizeOrder = _arena.NextOrder();
    }

    /// <summary>Under the gate. A range was acknowledged and leaves the dirty ones.</summary>
    private void KeepOrRemove(FileState file, Extent extent, WriteVerifier verifier)
    {
        var isWithinChunk = extent.Offset / _chunkBytes == (extent.End - 1) / _chunkBytes;
        var isKept = file.Opens > 0 && verifier.IsKnown && extent.Units <= MostKeptUnits && isWithinChunk;
        NoteAcknowledged(file, ShardOf(file.Inode, extent.Offset), verifier, isKept);
        if (TryRepeat(extent))
            return;
        if (!isKept)
        {
            FreeOverlapped(file, extent);
            Remove(file, extent);
            return;
        }
        FreeCovered(file, extent);
        extent.IsSending = false;
        extent.Verifier = verifier;
        extent.AckOrder = _arena.NextOrder();
        ref var header = ref _arena.Header(extent.Unit);
        header.Verifier = verifier.Value;
        Volatile.Write(ref header.State, ExtentHeader.KeptStateOf(extent.Length, extent.Units));
        file.Extents.Remove(extent);
        file.Kept.Add(extent);
        Enqueue(file, extent);
    }

    /// <summary>Under the gate, after the answer. True when the range stays dirty, because an older one is sent again before it.</summary>
    private static bool TryRepeat(Extent extent)
    {
        if (!extent.IsToBeRepeated)
            return false;
        extent.IsSending = extent.IsToBeRepeated = false;
        return true;
    }

    private int MostKeptUnits => _arena.Units / Limits.KeptShare;

    /// <summary>What was overwritten need not be sent again.</summary>
    private void FreeCovered(FileState file, Extent newer)
    {
        for (var i = file.Kept.Count - 1; i >= 0; i--)
        {
            var extent = file.Kept[i];
            if (extent.Offset >= newer.Offset && extent.End <= newer.End && extent.Order < newer.Order)
                FreeKept(file, extent);
        }
    }

    /// <summary>An older range must not be sent again over a newer one that is not kept.</summary>
    private void FreeOverlapped(FileState file, Extent newer)
    {
        for (var i = file.Kept.Count - 1; i >= 0; i--)
        {
            if (file.Kept[i].Overlaps(newer.Offset, newer.End))
                FreeKept(file, file.Kept[i]);
        }
    }

    private void Enqueue(FileState file, Extent extent)
    {
        Interlocked.Add(ref _keptUnits, extent.Units);
        lock (_keptGate)
        {
            // Most are freed by an fsync or a close long before their turn comes.
            if (_kept.Count >= 2 * _arena.Units)
            {
                for (var left = _kept.Count; left > 0; left--)
                {
                    var kept = _kept.Dequeue();
                    if (Volatile.Read(ref kept.Extent.AckOrder) == kept.AckOrder)
                        _kept.Enqueue(kept);
                }
            }
            _kept.Enqueue((file, file.Inode, extent, extent.AckOrder));
        }
    }

    /// <summary>Call without any file's gate. Makes room for what is dirty: the oldest of what is kept goes.</summary>
    private void TrimKept()
    {
        while (Volatile.Read(ref _keptUnits) > MostKeptUnits || (Volatile.Read(ref _keptUnits) > 0 && _arena.FreeUnits < MostKeptUnits))
        {
            (FileState File, InodeId Inode, Extent Extent, ulong AckOrder) oldest;
            lock (_keptGate)
            {
                if (!_kept.TryDequeue(out oldest))
                    return;
            }
            lock (oldest.File.Gate)
            {
                // The objects are pooled, and may be another file's by now.
                if (oldest.File.Inode == oldest.Inode && oldest.Extent.AckOrder == oldest.AckOrder && oldest.File.Kept.Contains(oldest.Extent))
                {
                    _arena.NoteDropped(oldest.Inode, ShardOf(oldest.Inode, oldest.Extent.Offset));
                    FreeKept(oldest.File, oldest.Extent);
                }
            }
            SignalRoom();
        }
    }

    private void DropKeptOf(FileState file)
    {
        while (file.Kept.Count > 0)
        {
            _arena.NoteDropped(file.Inode, ShardOf(file.Inode, file.Kept[^1].Offset));
            FreeKept(file, file.Kept[^1]);
        }
        if (file.UnsyncedTimeNs == 0)
            return;
        _arena.NoteDropped(file.Inode, file.Inode.Shard);
        SetUnsyncedSize(file, 0);
        file.UnsyncedTimeNs = 0;
    }

    private void FreeKept(FileState file, Extent extent)
    {
        Unkeep(file, extent);
        Release(extent);
    }

    private void Unkeep(FileState file, Extent extent)
    {
        file.Kept.Remove(extent);
        extent.AckOrder = 0;
        Interlocked.Add(ref _keptUnits, -extent.Units);
    }

    /// <summary>Under the gate. A shard has made everything durable that it had acknowledged before; or it has lost some of it.</summary>
    /// <returns>True when it is durable.</returns>
    private bool Settle(FileState file, ShardId shard, WriteVerifier verifier, ulong before)
    {
        var loss = _arena.SettleUnsynced(file.Inode, shard, verifier, before);
        HandleLoss(file, shard, verifier, loss);
        if (loss != Loss.None)
            return false;
        if (!verifier.IsKnown)
            return true;
        for (var i = file.Kept.Count - 1; i >= 0; i--)
        {
            var extent = file.Kept[i];
            if (extent.AckOrder < before && extent.Verifier == verifier && ShardOf(file.Inode, extent.Offset) == shard)
                FreeKept(file, extent);
        }
        if (shard == file.Inode.Shard && file.UnsyncedSizeOrder < before && file.UnsyncedTimeNs != 0)
        {
            SetUnsyncedSize(file, 0);
            file.UnsyncedTimeNs = 0;
        }
        return true;
    }

    private void SetUnsyncedSize(FileState file, ulong sizeBytes)
    {
        file.UnsyncedSizeBytes = sizeBytes;
        if (file.Record >= 0)
            Volatile.Write(ref _arena.Record(file.Record).UnsyncedSizeBytes, sizeBytes);
    }

    /// <summary>Under the gate; <see cref="Resume"/> follows without it. What the shard had acknowledged is sent again, or the loss is told.</summary>
    private void HandleLoss(FileState file, ShardId shard, WriteVerifier verifier, Loss loss)
    {
        if (loss == Loss.None)
            return;
        file.LossCount++;
        LogLost(file.Inode, shard, loss);
        if (loss == Loss.Dropped)
            NoteFailure(file, Errno.EIO);
        foreach (var extent in file.Kept.Where(extent => extent.Verifier != verifier && ShardOf(file.Inode, extent.Offset) == shard).ToList())
            SendAgain(file, extent);
        if (shard != file.Inode.Shard || file.UnsyncedTimeNs == 0 || !_files.TryRecord(file))
            return;
        file.CommitSizeBytes = Math.Max(file.CommitSizeBytes, file.UnsyncedSizeBytes);
        file.CommitTimeNs = Math.Max(file.CommitTimeNs, file.UnsyncedTimeNs);
        file.CommitCuts = CommitWriteRequest.NoCuts;
        file.IsCommitNeeded = true;
        RecordCommit(file);
    }

    /// <summary>
    /// A kept range is dirty again, at its old place in the order. A newer one that overlaps it and is on its way would be overwritten by it, and is sent once more after it.
    /// </summary>
    private void SendAgain(FileState file, Extent extent)
    {
        Unkeep(file, extent);
        foreach (var newer in file.Extents)
            newer.IsToBeRepeated |= newer.IsSending && newer.Overlaps(extent.Offset, extent.End);
        if (file.Extents.Count == 0)
            file.DirtySinceMs = _router.Execution.NowMs;
        var at = file.Extents.FindIndex(other => other.Order > extent.Order);
        file.Extents.Insert(at < 0 ? file.Extents.Count : at, extent);
        file.SendUpTo = Math.Max(file.SendUpTo, extent.Order);
        Publish(extent);
    }

    /// <summary>Sends what has become dirty again. The caller holds a pin.</summary>
    private void Resume(FileState file)
    {
        bool becameDirty;
        lock (file.Gate)
        {
            if (!file.IsDirty)
                return;
            becameDirty = MarkDirty(file);
        }
        if (becameDirty)
            AddDirty(file);
        Pump(file);
    }
}
