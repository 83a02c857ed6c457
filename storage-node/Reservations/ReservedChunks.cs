using SealFs.Core;
using SealFs.Core.Messages;
using SealFs.Core.Wire;
using SealFs.StorageNode.Chunks;
using SealFs.StorageNode.Engine;
using SealFs.StorageNode.Files;
using SealFs.StorageNode.Replication;
using SealFs.StorageNode.Routing;
using SealFs.StorageNode.Shards;

namespace SealFs.StorageNode.Reservations;

/// <summary>
/// Which chunks above 0 this node may make, by inode. The inode's shard reserves them, durably, before the first one is made: so it knows where chunks can be, also those that a client wrote and never
/// committed, and a file that has none costs nothing. A cut or a removal takes the reservation back from every node before anything is removed, and what is written after that asks again and
/// waits for its end: nothing that is written later is removed with the rest.
/// </summary>
internal sealed class ReservedChunks(FileData data) : IAsyncDisposable
{
    private readonly Lock _gate = new();
    private readonly Dictionary<(VolumeId, InodeId), ReserveChunksReply> _known = [];
    private readonly Queue<(VolumeId, InodeId)> _inOrder = [];
    private readonly Dictionary<(VolumeId, InodeId), Question> _asked = [];
    private Task _asking = Task.CompletedTask;
    private volatile bool _stopping;

    /// <summary>
    /// True when the chunk may be made now, with which number its file gets. To be asked with the chunk entered and, before a record is stored, with the gate of its shard held: <see cref="Revoke"/>
    /// waits for both.
    /// </summary>
    public bool TryGet(in ChunkKey key, out uint cuts)
    {
        lock (_gate)
        {
            var isKnown = _known.TryGetValue((key.Volume, key.Inode), out var reservation) && key.Chunk.Value < reservation.End;
            cuts = reservation.Cuts;
            return isKnown;
        }
    }

    /// <summary>Asks the inode's shard, and runs the request again when it has answered. Without a gate or a chunk held.</summary>
    public void AskFor(NodeRequest request, in ChunkKey key)
    {
        lock (_gate)
        {
            if (_asked.TryGetValue((key.Volume, key.Inode), out var question))
            {
                question.Waiting.Add(request);
                return;
            }

            if (!_stopping)
            {
                var (asked, added) = (key, new Question { Waiting = { request } });
                _asked.Add((key.Volume, key.Inode), added);
                _asking = Task.WhenAll(_asking, data.Node.Tasks.Run(() => AskAsync(asked, added)));
                return;
            }
        }

        request.Reply(Errno.Busy);
    }

    /// <summary>Ends what is being asked: the requests that wait for it are answered Busy.</summary>
    public async ValueTask DisposeAsync()
    {
        Task asking;
        lock (_gate)
        {
            _stopping = true;
            asking = _asking;
        }

        await asking;
    }

    /// <summary>
    /// Takes back what was reserved of the inode, also what is being asked for just now. Returns when nobody is about to store the record of a chunk in one of these shards by virtue of it; chunks
    /// that have a record are to be entered after this.
    /// </summary>
    public void Revoke(VolumeId volume, InodeId inode, Shard shard)
    {
        lock (_gate)
        {
            _known.Remove((volume, inode));
            if (_asked.TryGetValue((volume, inode), out var question))
                question.IsRevoked = true;
        }

        using (shard.Enter())
        {
            // Whoever held the gate before has stored what it was about to store.
        }
    }

    /// <summary>A shard has come to this node: what was revoked elsewhere for its chunks was not told here.</summary>
    public void Clear()
    {
        lock (_gate)
        {
            _known.Clear();
            _inOrder.Clear();
            foreach (var question in _asked.Values)
                question.IsRevoked = true;
        }
    }

    private async Task AskAsync(ChunkKey key, Question question)
    {
        Errno error;
        ReserveChunksReply reply = default;
        try
        {
            (error, reply) = await ReserveAsync(key);
        }
        catch (Exception exception) when (exception is not OutOfMemoryException)
        {
            error = exception is MetadataEngineException { IsNoSpace: true } ? Errno.ENOSPC : exception is ShardRetiredException ? Errno.Busy : Errno.EIO;
        }

        Answered(key, question, error, reply);
        foreach (var request in question.Waiting)
        {
            if (error == Errno.None && !_stopping)
                data.Node.Dispatcher.RunAgain(request);
            else
                request.Reply(error is Errno.None or Errno.ETIMEDOUT or Errno.Disconnected ? Errno.Busy : error);
        }
    }

    private void Answered(ChunkKey key, Question question, Errno error, ReserveChunksReply reply)
    {
        lock (_gate)
        {
            _asked.Remove((key.Volume, key.Inode));
            if (error != Errno.None || question.IsRevoked)
                return;
            if (!_known.ContainsKey((key.Volume, key.Inode)))
                _inOrder.Enqueue((key.Volume, key.Inode));
            _known[(key.Volume, key.Inode)] = reply;
            if (_inOrder.Count > ReservationLimits.Known)
                _known.Remove(_inOrder.Dequeue());
        }
    }

    private async Task<(Errno Error, ReserveChunksReply Reply)> ReserveAsync(ChunkKey key)
    {
        var deadlineMs = data.Node.NowMs + ReservationLimits.CallMs;
        while (data.Purge.Calls.TryFindLocal(key.Inode.Shard) is { } home)
        {
            if (TryReserveHere(home, key, out var error, out var reply))
                return (error, reply);
            if (_stopping || data.Node.NowMs > deadlineMs)
                return (Errno.Busy, default);
            await Task.Delay(TimeSpan.FromMilliseconds(ReservationLimits.PauseMs), data.Node.Time);
        }

        var call = new ShardCall(Opcode.ReserveChunks, key.Inode.Shard, key.Volume, ReservationLimits.CallMs);
        var answer = await data.Purge.Calls.CallAsync(call, RawBody.Of(new ReserveChunksRequest(key.Inode, key.Chunk)), () => _stopping);
        if (answer.Status != Errno.None)
            return (answer.Status, default);
        return answer.TryRead<ReserveChunksReply>(out var granted) ? (Errno.None, granted) : (Errno.EIO, default);
    }

    /// <summary>In the same log as the chunk's record, and before it: needs no sync. False while a cut is under way.</summary>
    private bool TryReserveHere(Shard home, ChunkKey key, out Errno error, out ReserveChunksReply reply)
    {
        error = Errno.None;
        reply = default;
        using (home.Enter())
        {
            if (home.IsRetired || home.Locks.IsLocked(LockKey.Inode(key.Inode)))
                return false;
            error = ReserveChunksOperation.Reserve(data, home.Begin(key.Volume), key.Inode, key.Chunk, out reply);
            return true;
        }
    }

    private sealed class Question
    {
        public List<NodeRequest> Waiting { get; } = [];

        public bool IsRevoked { get; set; }
    }
}
