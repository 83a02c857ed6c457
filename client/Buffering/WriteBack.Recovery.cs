using SealFs.Core;

namespace SealFs.Client.Buffering;

/// <content>
/// What a worker that died had not finished. Sending a range twice does no harm: writes are idempotent, and nothing newer can have been sent for it,
/// because the kernel's next request for the file waits for this worker.
/// </content>
internal sealed partial class WriteBack
{
    /// <summary>Takes up the files and the dirty data found in the arena, before the first request is served. Returns the number of dirty bytes.</summary>
    /// <param name="isFenced">
    /// The session under which they were written is over. Other clients may have changed the files since, so nothing of it is sent: the files that had dirty data fail with EIO.
    /// </param>
    public long Recover(bool isFenced = false)
    {
        var held = new List<FileState>();
        foreach (var index in _arena.UsedRecords())
            RecoverFile(index, held);
        long bytes = 0;
        foreach (var unit in _arena.DirtyUnits())
            bytes += RecoverExtent(unit, held);
        foreach (var unit in _arena.KeptUnits().ToList())
            RecoverKept(unit, held);
        foreach (var file in held.Distinct())
        {
            lock (file.Gate)
                RecoverAppends(file);
        }
        foreach (var file in held)
        {
            bool isDirty;
            lock (file.Gate)
            {
                if (isFenced)
                    Abandon(file);
                isDirty = MarkDirty(file);
                if (file.Opens == 0)
                    DropKeptOf(file);
            }
            if (isDirty)
                AddDirty(file);
            Pump(file);
            _files.Release(file);
        }
        return bytes;
    }

    private void Abandon(FileState file)
    {
        // What the nodes have acknowledged is not sent again, should they lose it: a sync fails then.
        DropKeptOf(file);
        if (!file.IsDirty)
            return;
        for (var index = file.Extents.Count - 1; index >= 0; index--)
            Remove(file, file.Extents[index]);
        file.IsCommitNeeded = file.CommitKillsSetIds = false;
        file.CommitSizeBytes = 0;
        if (file.Record >= 0)
            RecordCommit(file);
        NoteFailure(file, Errno.EIO);
    }

    private void RecoverFile(int index, List<FileState> held)
    {
        ref var record = ref _arena.Record(index);
        var file = _files.Acquire(new InodeId(record.Inode));
        file.Record = index;
        file.Stamp = record.Stamp;
        file.Opens = new OpenCount(record.Opens).Opens;
        file.Errors = new ErrorState(record.Errors);
        if (file.Errors.Sequence != 0)
            Interlocked.Increment(ref _failures);
        file.IsCommitNeeded = record.CommitNeeded != 0;
        file.CommitKillsSetIds = record.CommitNeeded == FileRecord.CommitKillsSetIds;
        file.CommitSizeBytes = file.IsCommitNeeded ? record.CommitSizeBytes : 0;
        file.CommitTimeNs = file.IsCommitNeeded ? record.CommitTimeNs : 0;
        RecoverPending(file);
        file.UnsyncedSizeBytes = record.UnsyncedSizeBytes;
        file.UnsyncedTimeNs = record.UnsyncedSizeBytes != 0 ? record.CommitTimeNs : 0;
        file.Version = 0;
        file.MayBeCached = true;
        if (file.Opens > 0)
            _files.Pin(file);
        held.Add(file);
    }

    private int RecoverExtent(int unit, List<FileState> held)
    {
        ref var header = ref _arena.Header(unit);
        var file = _files.Acquire(new InodeId(header.Inode));
        held.Add(file);
        file.DirtySinceMs = _router.Execution.NowMs;
        _files.TryRecord(file);
        var extent = ExtentAt(unit);
        file.Extents.Add(extent);
        file.SendUpTo = Math.Max(file.SendUpTo, extent.Order);
        return extent.Length;
    }

    private void RecoverKept(int unit, List<FileState> held)
    {
        var file = _files.Acquire(new InodeId(_arena.Header(unit).Inode));
        held.Add(file);
        var extent = ExtentAt(unit);
        extent.Verifier = new WriteVerifier(_arena.Header(unit).Verifier);
        extent.AckOrder = _arena.NextOrder();
        file.Kept.Add(extent);
        Enqueue(file, extent);
    }

    private Extent ExtentAt(int unit)
    {
        ref var header = ref _arena.Header(unit);
        return new Extent
        {
            Unit = unit,
            Units = header.Units,
            MostBytes = header.Units * Limits.BufferUnitBytes,
            Offset = header.FileOffset,
            Length = header.Length,
            Order = header.Order,
            ModifyTimeNs = header.ModifyTimeNs,
            KillSetIds = header.KillSetIds != 0,
            IsAppend = header.Append != 0,
            Run = header.Append & ExtentHeader.RunMask,
            IsPlaced = (header.Append & ExtentHeader.NotPlaced) == 0,
        };
    }
}
