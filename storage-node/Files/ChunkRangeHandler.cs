using System.Numerics;
using SealFs.Core;
using SealFs.Core.Messages;
using SealFs.StorageNode.Chunks;
using SealFs.StorageNode.Purge;
using SealFs.StorageNode.Shards;

namespace SealFs.StorageNode.Files;

/// <summary>fallocate(2) within one chunk: reserve, punch, zero, cut, release. Always on a thread that may wait.</summary>
internal sealed class ChunkRangeHandler
{
    private readonly FileData _data;
    private readonly Action<NodeRequest> _run;

    public ChunkRangeHandler(FileData data)
    {
        _data = data;
        _run = Run;
    }

    public void Handle(NodeRequest request) => _data.Io.Post(request, _run);

    private void Run(NodeRequest request)
    {
        if (!request.TryRead<ChunkRangeRequest>(out var range))
            return;
        var error = FileOperations.CheckRange(request, range.Inode, range.Chunk, range.OffsetBytes, range.LengthBytes, out var volume);
        if (error == Errno.None && (!Enum.IsDefined(range.Operation) || (range.LengthBytes == 0 && range.Operation is not (ChunkRangeOperation.Truncate or ChunkRangeOperation.Release))))
            error = Errno.EINVAL;
        if (error != Errno.None)
        {
            request.Reply(error);
            return;
        }

        var convert = false;
        if (range.Chunk.Value == 0 && !InlineRange.IsForChunk(request, in range, volume, out convert))
            return;
        if (range.Chunk.Value == 0 || MayMake(request, in range))
            RunEntered(request, in range, convert);
    }

    /// <summary>False when the inode's shard is asked first: the request runs again then.</summary>
    private bool MayMake(NodeRequest request, in ChunkRangeRequest range)
    {
        var key = new ChunkKey(request.Shard.Id, request.Volume, range.Inode, range.Chunk);
        if (_data.Reserved.TryGet(in key, out _))
            return true;
        _data.Reserved.AskFor(request, in key);
        return false;
    }

    private void RunEntered(NodeRequest request, in ChunkRangeRequest range, bool convert)
    {
        var chunk = _data.Chunks.Acquire(new ChunkKey(request.Shard.Id, request.Volume, range.Inode, range.Chunk));
        chunk.Enter();
        var error = Errno.None;
        ulong fresh = 0;
        long? delta;
        try
        {
            if (convert)
                error = InlineConversion.Convert(_data, request.Shard, request.Volume, chunk);
            var before = chunk.Blocks;
            delta = error == Errno.None ? Change(request, chunk, in range, out error) : 0;
            fresh = chunk.Blocks & ~before;
        }
        catch
        {
            chunk.Distrust();
            throw;
        }
        finally
        {
            _data.Chunks.ExitAndRelease(chunk);
        }

        if (delta is null)
            return;
        if (error == Errno.None)
            request.Reply(Errno.None, new ChunkRangeReply(range.Chunk.Value == 0 ? 0 : (int)delta, fresh));
        else
            request.Reply(error);
    }

    /// <summary>Null when the request is parked or was answered.</summary>
    private long? Change(NodeRequest request, Chunk chunk, in ChunkRangeRequest range, out Errno error)
    {
        request.Shard.RequireServing();
        request.RequireConnection();
        error = Prepare(request, chunk, in range);
        if (error != Errno.None)
            return 0;
        if (range.Operation == ChunkRangeOperation.Release)
            return ReleaseZeros(request, chunk, in range, out error);
        var keep = range.Operation == ChunkRangeOperation.Allocate;
        var change = range.Operation switch
        {
            ChunkRangeOperation.Truncate => chunk.BeginTruncate(range.OffsetBytes),
            ChunkRangeOperation.Punch => chunk.BeginPunch(range.OffsetBytes, range.LengthBytes),
            _ => chunk.BeginAllocate(range.OffsetBytes, range.LengthBytes, keep),
        };
        if (change.RecordChanged && !TryRecord(request, chunk, in change, range.Inode))
            return null;
        error = range.Operation switch
        {
            ChunkRangeOperation.Truncate => chunk.Truncate(in change),
            ChunkRangeOperation.Punch => chunk.Punch(in change),
            _ => chunk.Allocate(in change, keep),
        };
        if (error == Errno.None)
            return change.AccountedDelta;
        ChunkCommits.RollBack(request.Shard, request.Volume, chunk, in change);
        return 0;
    }

    /// <summary>
    /// What a fallocate(2) that failed had reserved and nobody has used. A block of zeros may become a hole whoever made it: nobody reads anything else. Null when the request was answered.
    /// </summary>
    private long? ReleaseZeros(NodeRequest request, Chunk chunk, in ChunkRangeRequest range, out Errno error)
    {
        error = chunk.FindZeros(range.Blocks & chunk.Blocks, out var zeros);
        if (error != Errno.None || zeros == 0)
            return 0;
        var rest = chunk.Blocks & ~zeros;
        if (rest == 0)
        {
            var accounted = chunk.Accounted;
            error = ChunkPurge.Remove(request.Shard, chunk, keep: 0);
            return -(long)accounted;
        }

        var end = ChunkLimits.MaxBlocks - BitOperations.LeadingZeroCount(rest);
        var change = chunk.BeginTruncate((uint)end * ChunkLimits.BlockBytes);
        if (change.RecordChanged && !TryRecord(request, chunk, in change, range.Inode))
            return null;
        error = chunk.Truncate(in change);
        long delta = change.AccountedDelta;
        for (var holes = zeros & ~ChunkBlocks.From(end); error == Errno.None && holes != 0;)
        {
            var first = BitOperations.TrailingZeroCount(holes);
            var count = BitOperations.TrailingZeroCount(~(holes >> first));
            change = chunk.BeginPunch((uint)first * ChunkLimits.BlockBytes, (uint)count * ChunkLimits.BlockBytes);
            if (change.RecordChanged && !TryRecord(request, chunk, in change, range.Inode))
                return null;
            error = chunk.Punch(in change);
            delta += change.AccountedDelta;
            holes &= ~ChunkBlocks.Covered((uint)first * ChunkLimits.BlockBytes, (uint)count * ChunkLimits.BlockBytes);
        }

        return delta;
    }

    private Errno Prepare(NodeRequest request, Chunk chunk, in ChunkRangeRequest range)
    {
        var error = chunk.EnsureLoaded();
        var cuts = 0u;
        if (error == Errno.None && range.Chunk.Value != 0 && !_data.Reserved.TryGet(chunk.Key, out cuts))
            error = Errno.Busy;
        if (error == Errno.None && !chunk.Exists)
            error = range.Chunk.Value == 0 ? FileOperations.StartFirstChunk(request.Shard, chunk) : chunk.StartAs(cuts);
        if (error != Errno.None)
            return error;
        if (range.Operation == ChunkRangeOperation.Release)
            return Errno.None;
        if (range.Operation == ChunkRangeOperation.Truncate)
            return chunk.Prepare(range.OffsetBytes, ChunkLimits.BlockBytes - (range.OffsetBytes % ChunkLimits.BlockBytes), adds: false);
        if (range.Operation != ChunkRangeOperation.Allocate)
            error = range.Operation == ChunkRangeOperation.Punch ? chunk.PreparePunch(range.OffsetBytes, range.LengthBytes) : chunk.PrepareOverwrite(range.OffsetBytes, range.LengthBytes);
        if (error == Errno.None && range.Operation != ChunkRangeOperation.Allocate)
            error = chunk.Prepare(range.OffsetBytes, range.LengthBytes, adds: false);
        return error == Errno.None && range.Operation != ChunkRangeOperation.Punch
            ? chunk.Prepare(range.OffsetBytes, range.LengthBytes, adds: true)
            : error;
    }

    private bool TryRecord(NodeRequest request, Chunk chunk, in ChunkChange change, InodeId inode)
    {
        using (request.Shard.Enter())
        {
            if (chunk.Key.Chunk.Value != 0 && !_data.Reserved.TryGet(chunk.Key, out _))
            {
                // The file was cut meanwhile: the client tries again.
                chunk.TakeBack(in change);
                request.Reply(Errno.Busy);
                return false;
            }

            if (_data.Gone.Contains(chunk.Key.Volume, inode))
            {
                chunk.TakeBack(in change);
                request.Reply(Errno.ENOENT);
                return false;
            }

            if (change.AccountedDelta > 0 && !request.Node.Quota.Admit(request, request.Volume, change.AccountedDelta, 0))
            {
                chunk.TakeBack(in change);
                return false;
            }

            var mutation = request.Shard.Begin(request.Volume);
            if (chunk.Key.Chunk.Value == 0 && mutation.TryGetInode(inode, out var row) && row.InlineLength != 0)
            {
                // Somebody wrote beside the inode since this request looked: the client tries again.
                chunk.TakeBack(in change);
                request.Reply(Errno.Busy);
                return false;
            }

            ChunkCommits.Commit(mutation, chunk, in change, inode);
        }

        if (request.Node.IsSyncVolume(request.Volume))
            GroupCommitWait.Sync(request.Node.GroupCommit);
        return true;
    }
}
