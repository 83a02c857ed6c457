using System.Buffers.Binary;
using SealFs.Core;
using SealFs.StorageNode.Chunks;
using SealFs.StorageNode.Engine;
using SealFs.StorageNode.Shards;

namespace SealFs.StorageNode.Replication;

/// <summary>
/// What changes in a shard while a learner is attached: the batch of every commit, entered with the shard's gate held, and which blocks of which chunk were written, entered with the chunk's
/// lock held. Entries have positions, counted from 0; a learner that asks from a position on has everything before it. The log is bounded: it breaks when the learner is too slow, and ends
/// when the learner is silent. Its lock is a leaf. Entries stand in it as they are sent (EffectTailReply).
/// </summary>
internal sealed class EffectLog : IDisposable
{
    public const byte Effects = 1;
    public const byte Blocks = 2;
    public const int HeadBytes = 5;

    private const int BlocksBytes = 4 + 8 + 8 + 8;

    private readonly Lock _gate = new();
    private readonly Queue<EffectLogSegment> _segments = [];
    private readonly Shard _shard;
    private readonly Action<NodeRequest> _answer;
    private readonly ITimer _waiting;
    private readonly ITimer _silence;
    private EffectLogSegment? _last;
    private IMetadataSnapshot? _snapshot;
    private NodeRequest? _waiter;
    private ulong _end;
    private long _bytes;
    private long _heard;
    private bool _isBroken;
    private bool _isFinal;

    /// <param name="shard">Whose changes.</param>
    /// <param name="id">Tells this attachment from all others of the node, also after restarts.</param>
    /// <param name="learner">Who copies.</param>
    /// <param name="answer">Answers a request that waited, on any thread, with locks held: must hand it on.</param>
    public EffectLog(Shard shard, ulong id, NodeId learner, Action<NodeRequest> answer)
    {
        _shard = shard;
        _answer = answer;
        Id = id;
        Learner = learner;
        var time = shard.Node.Time;
        _heard = time.GetTimestamp();
        _waiting = time.CreateTimer(static log => ((EffectLog)log!).OnTimer(static self => self.Wake()), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        _silence = time.CreateTimer(
            static log => ((EffectLog)log!).OnTimer(static self => self.Listen()), this, ReplicationLimits.LearnerSilence / 2, ReplicationLimits.LearnerSilence / 2);
    }

    private void OnTimer(Action<EffectLog> action) => _shard.Node.Guard("Following a learner", () => action(this));

    public ulong Id { get; }

    public NodeId Learner { get; }

    /// <summary>What was handed over, when the shard has retired.</summary>
    public Retirement? Retirement { get; set; }

    /// <summary>The position after the last entry.</summary>
    public ulong End
    {
        get
        {
            lock (_gate)
                return _end;
        }
    }

    public bool IsBroken
    {
        get
        {
            lock (_gate)
                return _isBroken;
        }
    }

    /// <summary>With the gate held, after the batch was applied.</summary>
    public void Append(ulong effectSequence, ReadOnlySpan<byte> batch)
    {
        NodeRequest? waiter;
        lock (_gate)
        {
            if (Reserve(Effects, 8 + batch.Length) is not { Length: > 0 } entry)
                return;
            BinaryPrimitives.WriteUInt64LittleEndian(entry, effectSequence);
            batch.CopyTo(entry[8..]);
            waiter = TakeWaiter();
        }

        if (waiter is not null)
            _answer(waiter);
    }

    /// <summary>With the chunk's lock held, after the bytes were written, or while they are.</summary>
    public void Append(in ChunkKey key, ulong blocks)
    {
        NodeRequest? waiter;
        lock (_gate)
        {
            if (Reserve(Blocks, BlocksBytes) is not { Length: > 0 } entry)
                return;
            BinaryPrimitives.WriteUInt32LittleEndian(entry, key.Volume.Value);
            BinaryPrimitives.WriteUInt64LittleEndian(entry[4..], key.Inode.Value);
            BinaryPrimitives.WriteUInt64LittleEndian(entry[12..], key.Chunk.Value);
            BinaryPrimitives.WriteUInt64LittleEndian(entry[20..], blocks);
            waiter = TakeWaiter();
        }

        if (waiter is not null)
            _answer(waiter);
    }

    /// <summary>The learner asks.</summary>
    public void Heard() => Volatile.Write(ref _heard, _shard.Node.Time.GetTimestamp());

    /// <summary>With the gate held, just before the shard retires. From here on the log does not break: what is entered yet is the rest of what was under way. False when it has broken.</summary>
    public bool TryFinish()
    {
        lock (_gate)
        {
            if (_isBroken)
                return false;
            _isFinal = true;
            return true;
        }
    }

    /// <summary>
    /// Forgets what lies before the position, and says how many bytes of entries may be sent from there on: at least one entry when there is one. -1 when the position is not kept.
    /// </summary>
    public int Measure(ulong from, int mostBytes, out ulong end)
    {
        lock (_gate)
        {
            end = _end;
            if (_isBroken || from > _end || (_segments.TryPeek(out var oldest) ? from < oldest.First : from < _end))
                return -1;
            while (_segments.TryPeek(out var segment) && segment.End <= from)
                Forget();
            return Walk(from, mostBytes, default);
        }
    }

    /// <summary>Copies entries from the position on into a buffer that <see cref="Measure"/> gave the size of. False when the log has ended meanwhile.</summary>
    public bool Copy(ulong from, Span<byte> target)
    {
        lock (_gate)
            return !_isBroken && Walk(from, target.Length, target) == target.Length;
    }

    /// <summary>Keeps the request until something is entered at the position, or the time is over. False when there is something.</summary>
    public bool TryWait(NodeRequest request, ulong from, uint waitMs)
    {
        NodeRequest? before;
        lock (_gate)
        {
            if (_isBroken || from != _end)
                return false;
            before = TakeWaiter();
            _waiter = request;
            _waiting.Change(TimeSpan.FromMilliseconds(waitMs), Timeout.InfiniteTimeSpan);
        }

        if (before is not null)
            _answer(before);
        return true;
    }

    /// <summary>With the gate held: keeps the shard as it is now. The position up to which it shows what was entered.</summary>
    public ulong TakeSnapshot(IMetadataEngine engine)
    {
        lock (_gate)
        {
            _snapshot?.Dispose();
            _snapshot = _isBroken ? null : engine.TakeSnapshot();
            return _end;
        }
    }

    /// <summary>A range of the snapshot; null when there is none.</summary>
    public ScanCursor? ScanSnapshot(Table table, ReadOnlySpan<byte> from, ReadOnlySpan<byte> end)
    {
        lock (_gate)
            return _snapshot?.Scan(table, from, end);
    }

    public void Dispose()
    {
        _waiting.Dispose();
        _silence.Dispose();
        NodeRequest? waiter;
        lock (_gate)
        {
            Break();
            waiter = TakeWaiter();
            _snapshot?.Dispose();
            _snapshot = null;
        }

        if (waiter is not null)
            _answer(waiter);
    }

    /// <summary>Room for an entry, its head already written; empty when the log is broken, or breaks.</summary>
    private Span<byte> Reserve(byte kind, int bytes)
    {
        if (_isBroken)
            return default;
        var whole = HeadBytes + bytes;
        if (whole > ReplicationLimits.LogEntryBytes || (_bytes + whole > ReplicationLimits.LogBytes && !_isFinal))
        {
            Break();
            return default;
        }

        if (_last is null || _last.Room < whole)
        {
            _last = new EffectLogSegment(_end, Math.Max(whole, ReplicationLimits.LogSegmentBytes));
            _segments.Enqueue(_last);
        }

        _end++;
        _bytes += whole;
        var room = _last.Add(whole);
        room[0] = kind;
        BinaryPrimitives.WriteInt32LittleEndian(room[1..], bytes);
        return room[HeadBytes..];
    }

    private void Break()
    {
        _isBroken = true;
        while (_segments.Count > 0)
            Forget();
    }

    private void Forget()
    {
        var segment = _segments.Dequeue();
        _bytes -= segment.Length;
        if (ReferenceEquals(segment, _last))
            _last = null;
        segment.Return();
    }

    /// <summary>Bytes of the entries from the position on, up to the limit but at least one; copied when there is a target.</summary>
    private int Walk(ulong from, int mostBytes, Span<byte> target)
    {
        var total = 0;
        foreach (var segment in _segments)
        {
            var bytes = segment.Bytes;
            for (var position = segment.First; position < segment.End; position++)
            {
                var length = HeadBytes + BinaryPrimitives.ReadInt32LittleEndian(bytes[1..]);
                if (position >= from)
                {
                    if (total > 0 && total + length > mostBytes)
                        return total;
                    if (!target.IsEmpty)
                        bytes[..length].CopyTo(target[total..]);
                    total += length;
                }

                bytes = bytes[length..];
            }
        }

        return total;
    }

    private NodeRequest? TakeWaiter()
    {
        var waiter = _waiter;
        _waiter = null;
        return waiter;
    }

    private void Wake()
    {
        NodeRequest? waiter;
        lock (_gate)
            waiter = TakeWaiter();
        if (waiter is not null)
            _answer(waiter);
    }

    private void Listen()
    {
        // What was handed over is kept for as long as the shard: the learner may be waiting for its manager.
        if (_shard.IsRetired || _shard.Node.Time.GetElapsedTime(Volatile.Read(ref _heard)) < ReplicationLimits.LearnerSilence)
            return;
        _shard.Detach(this);
    }
}
