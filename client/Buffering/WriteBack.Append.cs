using SealFs.Client.Routing;
using SealFs.Core;
using SealFs.Core.Messages;
using SealFs.Core.Wire;

namespace SealFs.Client.Buffering;

/// <content>
/// Appends (O_APPEND). They are taken like other writes, behind the end that this client believes in. Before they are sent, the inode's shard says where they go, for a run of ranges at once; where another
/// client has appended in between, the ranges move. A run has a number that stands in the arena before it is asked for: a successor that asks again has the same answer.
/// </content>
internal sealed partial class WriteBack
{
    /// <summary>Appended bytes have gone elsewhere than the kernel put them. Called without any lock.</summary>
    public Action<InodeId>? AppendMoved { get; set; }

    /// <summary>
    /// Takes the bytes of an append, all of them or, when the buffer is full, none: then wait for <see cref="RoomAsync"/> and try again. Fewer are taken only when others use up the room in between, or a worker died
    /// just then: that is all that the application may be told. The caller holds a pin on the file.
    /// </summary>
    /// <param name="file">What is appended to.</param>
    /// <param name="offset">Where the kernel takes the end to be; comes back as where this client takes it to be.</param>
    /// <param name="data">Native memory.</param>
    /// <param name="length">Bytes.</param>
    /// <param name="nowNs">Becomes the modification time.</param>
    /// <param name="killSetIds">The kernel asks for set-user-id and set-group-id to go.</param>
    /// <param name="request">The kernel's request, the same when it is sent again: what was taken of it by a worker that died is not taken again. 0 for none.</param>
    public unsafe int AcceptAppend(FileState file, ref ulong offset, byte* data, int length, long nowNs, bool killSetIds, ulong request)
    {
        if (_arena.FreeUnits <= UnitsFor(length))
        {
            TrimKept();
            SendEverything();
        }
        var taken = 0;
        bool send;
        bool becameDirty;
        lock (file.Gate)
        {
            if (!_files.TryRecord(file))
                return 0;
            ref var record = ref _arena.Record(file.Record);
            if (request != 0 && record.AppendRequest == request && record.AppendTaken > 0)
                return (int)record.AppendTaken;
            if (_arena.FreeUnits <= UnitsFor(length))
                return 0;
            var before = file.SendUpTo;
            offset = EndOf(file, offset);
            record.AppendTaken = record.AppendTaking = 0;
            Volatile.Write(ref record.AppendRequest, request);
            file.WriteCount++;
            file.DropContent();
            Extent? joined = null;
            while (taken < length)
            {
                var piece = AcceptPiece(file, offset + (uint)taken, data + taken, length - taken, nowNs, killSetIds, isAppend: true);
                if (piece == 0)
                    break;
                if (joined is not null && joined != file.Extents[^1])
                    joined.JoinsNext = true;
                joined = file.Extents[^1];
                taken += piece;
                Volatile.Write(ref record.AppendTaken, (uint)taken);
            }
            if (file.IsSizeKnown)
                file.SizeBytes = Math.Max(file.SizeBytes, offset + (uint)taken);
            send = file.SendUpTo != before;
            becameDirty = MarkDirty(file);
        }
        Accepted(file, becameDirty, send);
        return taken;
    }

    /// <summary>Whether a write to this place could meet appended bytes that have no place yet: drain the file first. Under the gate.</summary>
    public static bool MeetsAppends(FileState file, ulong end)
    {
        foreach (var extent in file.Extents)
        {
            if (extent.NeedsPlace && extent.Offset < end)
                return true;
        }
        return false;
    }

    /// <summary>The kernel takes the size it believes, which may be from before another client's append; what the open was told is newer.</summary>
    private static ulong EndOf(FileState file, ulong believed)
    {
        if (file.Extents.Count > 0 && file.Extents[^1] is { NeedsPlace: true } last)
            return last.End;
        return file.IsSizeKnown ? Math.Max(file.SizeBytes, file.DirtyEnd()) : Math.Max(believed, file.DirtyEnd());
    }

    /// <summary>Before a range is published: a successor sees by it whether these bytes were taken.</summary>
    private void NoteTaking(FileState file, Extent extent, int bytes)
    {
        ref var record = ref _arena.Record(file.Record);
        record.AppendTakingOrder = extent.Order;
        record.AppendTakingLength = (uint)extent.Length;
        Volatile.Write(ref record.AppendTaking, record.AppendTaken + (uint)bytes);
    }

    /// <summary>
    /// The oldest ranges that are to be sent and have no place: those of one run, or all that have no number yet, so that there are few requests. A write is never divided.
    /// </summary>
    private static List<Extent>? NextToPlace(FileState file)
    {
        List<Extent>? run = null;
        foreach (var extent in file.Extents)
        {
            if (run is null && extent.Order > file.SendUpTo)
                return null;
            if (!extent.NeedsPlace || (run is not null && extent.Run != run[0].Run))
                continue;
            if (run is not null && extent.Run == 0 && extent.Order > file.SendUpTo && !run[^1].JoinsNext)
                break;
            (run ??= []).Add(extent);
        }
        return run;
    }

    /// <summary>
    /// One range that is alone and goes to the inode's shard, as far as this client knows: place, bytes and size are one request. Where the file ends elsewhere by now the answer says so, and the place is asked for.
    /// </summary>
    private bool MayAppendDirectly(FileState file, List<Extent> run) =>
        run.Count == 1 && !run[0].IsElsewhere && MayCommitWith(file, run[0]) && Math.Max(EndOfWritten(file, run[0]), file.UnsyncedSizeBytes) <= run[0].Offset;

    private Work BeginAppend(FileState file, Extent extent)
    {
        NoteAsking(file, [extent]);
        extent.IsSending = true;
        file.InFlight++;
        var work = new Work { Step = Step.SendRange, Extent = extent, TimeNs = extent.ModifyTimeNs, KillSetIds = extent.KillSetIds, IsAppend = true };
        RideWith(file, extent, ref work);
        return work;
    }

    /// <summary>Under the gate: the place and the bytes were taken, or both refused.</summary>
    private void FinishAppend(FileState file, Extent extent)
    {
        file.IsPlacing = false;
        extent.IsPlaced = true;
        Volatile.Write(ref _arena.Header(extent.Unit).Append, AppendBitsOf(extent));
        Volatile.Write(ref _arena.Record(file.Record).AskedRun, 0);
    }

    /// <summary>Under the gate: nothing was written. What was to ride with the bytes has still to be done.</summary>
    private void FinishElsewhere(FileState file, in Work work)
    {
        file.InFlight--;
        file.IsPlacing = file.IsCommitting = false;
        TakeBackRide(file, in work);
        FinishSync(file, default);
        work.Extent!.IsSending = false;
        work.Extent.IsElsewhere = true;
        RecordCommit(file);
    }

    private Work BeginPlace(FileState file, List<Extent> run)
    {
        NoteAsking(file, run);
        return new Work { Step = Step.Place, Appends = run, SizeBytes = EndOfWritten(file, run[0]), LossCount = file.LossCount };
    }

    /// <summary>In the arena before the shard is asked: a successor asks under the same number.</summary>
    private void NoteAsking(FileState file, List<Extent> run)
    {
        file.IsPlacing = true;
        ref var record = ref _arena.Record(file.Record);
        var number = run[0].Run != 0 ? run[0].Run : _arena.NextOrder();
        record.AskedUpTo = run[^1].Order;
        Volatile.Write(ref record.AskedRun, number);
        foreach (var extent in run)
            extent.Run = number;
    }

    /// <summary>What this client has written and the inode's shard may not know of yet.</summary>
    private static ulong EndOfWritten(FileState file, Extent first)
    {
        var end = file.IsCommitNeeded || file.IsCommitting ? file.CommitSizeBytes : 0;
        foreach (var extent in file.Extents)
        {
            if (!extent.NeedsPlace && extent.Order < first.Order)
                end = Math.Max(end, extent.End);
        }
        return end;
    }

    private async Detached PlaceAsync(FileState file, Work work)
    {
        var run = work.Appends!;
        var length = 0UL;
        foreach (var extent in run)
            length += (uint)extent.Length;
        var call = _router.Rent().Persist();
        call.Encode(new PlaceAppendRequest(file.Inode, run[0].Run, length, work.SizeBytes));
        Errno status;
        PlaceAppendReply reply;
        WriteVerifier verifier;
        using (var answer = await call.SendAsync(Opcode.PlaceAppend, file.Inode.Shard))
        {
            status = answer.TryRead(out reply);
            verifier = answer.Verifier;
        }
        _router.Return(call);
        if (IsLeftToSuccessor(status))
            return;
        var isMoved = false;
        lock (file.Gate)
        {
            file.IsPlacing = false;
            if (status == Errno.None)
            {
                // First: a new verifier, here or in another answer, says that the shard may know nothing any more of what is sent again before this run.
                NoteAcknowledged(file, file.Inode.Shard, verifier, isKept: true);
                if (file.LossCount != work.LossCount)
                    reply = reply with { OffsetBytes = Math.Max(reply.OffsetBytes, EndOfWritten(file, run[0])) };
                isMoved = Place(file, run, in reply);
            }
            else
            {
                NoteFailure(file, status);
                foreach (var extent in run)
                    Remove(file, extent);
            }
            Volatile.Write(ref _arena.Record(file.Record).AskedRun, 0);
        }
        if (isMoved)
            AppendMoved?.Invoke(file.Inode);
        if (status != Errno.None)
            SignalRoom();
        Pump(file);
    }

    /// <summary>Under the gate. Gives a run its place; true when that is not where it was believed to be.</summary>
    private bool Place(FileState file, List<Extent> run, in PlaceAppendReply reply)
    {
        var isMoved = false;
        var end = reply.OffsetBytes;
        foreach (var extent in run)
        {
            isMoved |= extent.Offset != end;
            Move(extent, end);
            end += (uint)extent.Length;
            extent.IsPlaced = true;
            Volatile.Write(ref _arena.Header(extent.Unit).Append, AppendBitsOf(extent));
        }
        if (isMoved)
            FollowTo(file, end);
        return isMoved;
    }

    /// <summary>What has no place yet is believed to follow, and the size with it.</summary>
    private void FollowTo(FileState file, ulong end)
    {
        foreach (var extent in file.Extents)
        {
            if (!extent.NeedsPlace || extent.Run != 0)
                continue;
            Move(extent, end);
            end += (uint)extent.Length;
        }
        file.SizeBytes = Math.Max(end, file.DirtyEnd());
        file.Version = 0;
        file.WriteCount++;
        file.DropContent();
    }

    private void Move(Extent extent, ulong offset)
    {
        extent.Offset = offset;
        Volatile.Write(ref _arena.Header(extent.Unit).FileOffset, offset);
    }

    private static ulong AppendBitsOf(Extent extent) => !extent.IsAppend
        ? 0
        : extent.Run | (extent.IsPlaced ? 0 : ExtentHeader.NotPlaced);

    /// <summary>
    /// Under the gate. What a worker that died had under way: a run that it had asked for is asked for again, whole, and an append that it had taken without having said so counts as taken. What it had taken of
    /// several writes is asked for together, so that none of them is divided.
    /// </summary>
    private void RecoverAppends(FileState file)
    {
        if (file.Record < 0)
            return;
        ref var record = ref _arena.Record(file.Record);
        var asked = record.AskedRun;
        var isUnderWay = false;
        foreach (var extent in file.Extents)
        {
            if (extent.Order == record.AppendTakingOrder && (uint)extent.Length >= record.AppendTakingLength)
                record.AppendTaken = Math.Max(record.AppendTaken, record.AppendTaking);
            if (asked != 0 && extent.NeedsPlace && extent.Run == 0 && extent.Order <= record.AskedUpTo)
                extent.Run = asked;
            isUnderWay |= asked != 0 && extent.NeedsPlace && extent.Run == asked;
        }
        if (!isUnderWay)
            return;

        // Some may have been given their place: the answer is the same for all of them.
        foreach (var extent in file.Extents.Where(extent => extent.Run == asked))
            extent.IsPlaced = false;
    }
}
