using System.Buffers.Binary;
using SealFs.Core;
using SealFs.Core.Messages;
using SealFs.Core.Wire;

namespace SealFs.StorageNode.Shards;

/// <summary>Replies: staged while the gate is held, sent after it was left.</summary>
public sealed unsafe partial class NodeRequest
{
    private State _state;
    private Errno _status;
    private int _bodyLength;
    private byte* _rented;
    private int _rentedLength;
    private bool _gated;
    private bool _pending;
    private long _startTimestamp;
    private Action<NodeRequest>? _continuation;

    private enum State : byte
    {
        Running,
        Parked,
        Continuing,
        Replied,
    }

    /// <summary>Status of the reply that was staged last.</summary>
    public Errno StagedStatus => _status;

    /// <summary>Body of the reply that was staged last.</summary>
    public ReadOnlySpan<byte> StagedBody => _body.AsSpan(0, _bodyLength);

    public void Reply(Errno status)
    {
        StageReply(status);
        ReplyStaged();
    }

    public void Reply<T>(Errno status, in T body)
        where T : struct, IWireMessage<T>, allows ref struct
    {
        StageReply(status, in body);
        ReplyStaged();
    }

    /// <summary>Replies with a payload, which is copied.</summary>
    public void Reply<T>(Errno status, in T body, ReadOnlySpan<byte> payload)
        where T : struct, IWireMessage<T>, allows ref struct
    {
        if (!payload.IsEmpty)
            payload.CopyTo(new Span<byte>(RentPayload(payload.Length), payload.Length));
        ReplyRented(status, in body, payload.Length);
    }

    /// <summary>Memory of the outgoing frame for a payload; send it with <see cref="ReplyRented{T}"/>, or give any other reply.</summary>
    public byte* RentPayload(int capacityBytes) => _rented = _source.RentPayload(capacityBytes);

    /// <summary>Replies with the first bytes of the memory rented before.</summary>
    public void ReplyRented<T>(Errno status, in T body, int payloadLength)
        where T : struct, IWireMessage<T>, allows ref struct
    {
        StageReply(status, in body);
        _rentedLength = payloadLength;
        ReplyStaged();
    }

    /// <summary>Puts the reply together without sending it.</summary>
    public void StageReply(Errno status)
    {
        _status = status;
        _bodyLength = 0;
        _rentedLength = 0;
    }

    /// <inheritdoc cref="StageReply(Errno)"/>
    public void StageReply<T>(Errno status, in T body)
        where T : struct, IWireMessage<T>, allows ref struct
    {
        var writer = new WireWriter(_body);
        body.Write(ref writer);
        _status = status;
        _bodyLength = writer.Position;
        _rentedLength = 0;
    }

    /// <summary>Sends what was staged: at once, or when the gate is left.</summary>
    public void ReplyStaged()
    {
        if (_gated)
        {
            _state = State.Replied;
            return;
        }

        Deliver();
    }

    /// <summary>Sends what was staged after the next sync of the metadata engine; EIO when that fails.</summary>
    public void ReplyStagedAfterSync() => Node.GroupCommit.ReplyAfterSync(this);

    /// <summary>The same, with a sync that comes anyway.</summary>
    internal void ReplyStagedWithNextSync() => Node.GroupCommit.WithNextSync(status =>
    {
        if (status != Errno.None)
            StageReply(status);
        Send();
    });

    /// <summary>
    /// Sends the staged reply, behind a sync where the volume asks for it: what it has changed must be on stable storage, and what a client has seen in it as well. A loss of power would take back what
    /// somebody else was about to be answered.
    /// </summary>
    internal void Deliver()
    {
        if (IsAnswered)
        {
            Node.CountLateReply();
            return;
        }

        if (Node.IsSyncVolume(Volume) && ((_operation.IsMutation && _status == Errno.None) || ShowsUnsynced))
            Node.GroupCommit.ReplyAfterSync(this);
        else
            Send();
    }

    /// <summary>The answer to a client follows from rows, of which some may not be on stable storage yet.</summary>
    private bool ShowsUnsynced =>
        _operation is { IsShard: true, NodesOnly: false, IsAdministration: false }
        && Node.Engine.HasUnsynced
        && _status is not (Errno.WrongEpoch or Errno.Busy or Errno.SessionRefused or Errno.Malformed);

    /// <summary>Sends the staged reply, also to those that wait for the same mutation, and gives this object back.</summary>
    internal void Send()
    {
        // Before anything of the request is looked at: it may be none any more.
        if (Interlocked.Exchange(ref _isAnswered, 1) != 0)
        {
            Node.CountLateReply();
            return;
        }

        SettleRetired();
        var attached = _pending ? Shard.Pending.Remove(this) : null;
        while (attached is not null)
        {
            var next = attached.NextAttached;
            attached.NextAttached = null;
            attached.SendCopyOf(this);
            attached = next;
        }

        Node.Metrics.Answered(Opcode, _status, _startTimestamp);
        Node.Metrics.Moved(Opcode, received: true, PayloadLength);
        Node.Metrics.Moved(Opcode, received: false, _rentedLength);
        if (_shard is not null)
            _source.Verifier = _shard.Verifier;
        if (_rented != null && _rentedLength > 0)
            _source.ReplyRented(_status, StagedBody, _rentedLength);
        else
            _source.Reply(_status, StagedBody, default);
        Interlocked.Increment(ref _life);
        if (_mayBeHeld)
            _source = null!;
        else
            Node.Requests.Return(this);
    }

    /// <summary>
    /// Answers for a handler that ended with an exception, unless it had replied before. The handler may have passed the request on and failed afterwards: then another thread
    /// replies as well, sooner or later, and must not meet another request in this object. So it is not used again.
    /// </summary>
    internal void FailUnlessAnswered(int life, Errno status)
    {
        if (life != Life || IsAnswered)
            return;
        _mayBeHeld = true;
        Reply(status);
    }

    /// <summary>
    /// Of a shard that has retired only what was changed is told, which the new owner has; anything else may have been seen in what is not true any more. WrongEpoch comes with what this node
    /// knows better.
    /// </summary>
    private void SettleRetired()
    {
        if (_shard is { IsRetired: true } && !_operation.ForLearner && !(_status == Errno.None && _operation.IsMutation))
            StageReply(Errno.WrongEpoch);
        if (_status == Errno.WrongEpoch && _bodyLength == 0 && Node.TryHint(Header.Shard, Header.Epoch, out var hint))
            StageReply(Errno.WrongEpoch, in hint);
    }

    /// <summary>
    /// False when the payload of the request does not list shards, u32 each: it was answered then. For operations whose answer carries the write verifiers of those shards
    /// (<see cref="StageVerifiers"/>).
    /// </summary>
    internal bool ListsShards()
    {
        if (PayloadLength % sizeof(uint) == 0 && PayloadLength / sizeof(uint) <= NodeLimits.ListedShards)
            return true;
        Reply(Errno.Malformed);
        return false;
    }

    /// <summary>Adds to the staged reply the verifiers of the shards that the request lists, u64 each in the same order; 0 for one that is not served here.</summary>
    internal void StageVerifiers()
    {
        var shards = Payload;
        if (shards.IsEmpty)
            return;
        var bytes = shards.Length / sizeof(uint) * sizeof(ulong);
        var target = new Span<byte>(RentPayload(bytes), bytes);
        for (; !shards.IsEmpty; shards = shards[sizeof(uint)..], target = target[sizeof(ulong)..])
        {
            var shard = Node.Shards.Find(new ShardId(BinaryPrimitives.ReadUInt32LittleEndian(shards)));
            BinaryPrimitives.WriteUInt64LittleEndian(target, shard?.Verifier.Value ?? 0);
        }

        _rentedLength = bytes;
    }

    internal void Release()
    {
        _source = null!;
        ReleaseAnswers();
    }

    private void SendCopyOf(NodeRequest first)
    {
        _status = first._status;
        _bodyLength = first._bodyLength;
        if (!first.StagedBody.TryCopyTo(_body))
        {
            // The first was a compound, and this is none: it is not the same request.
            StageReply(Errno.Malformed);
        }

        _rentedLength = 0;
        Send();
    }
}
