using SealFs.Core;
using SealFs.Core.Wire;
using SealFs.StorageNode.Answers;
using SealFs.StorageNode.Engine;
using SealFs.StorageNode.Replication;
using SealFs.StorageNode.Sessions;

namespace SealFs.StorageNode.Shards;

/// <summary>Requests that are not answered by their handler at once.</summary>
public sealed unsafe partial class NodeRequest
{
    /// <summary>
    /// Only with the gate held. When a transaction has the key locked, the request waits and its handler runs again from the start when the lock goes; or it is
    /// answered Busy, because too many wait, it waited too long, or it is part of a compound. True in both cases: the handler must return without a reply.
    /// </summary>
    public bool ParkIfLocked(LockKey key)
    {
        if (!Shard.Locks.IsLocked(key))
            return false;
        if (Shard.IsRetired)
        {
            Reply(Errno.WrongEpoch);
            return true;
        }

        if (IsPart || !Shard.Parked.TryPark(this, key, Node.NowMs + NodeLimits.ParkedRequestMs))
        {
            Reply(Errno.Busy);
            return true;
        }

        BecomePending();
        _state = State.Parked;
        return true;
    }

    /// <summary>As <see cref="ParkIfLocked(LockKey)"/>, for a request that changes a name: on the name, and on the directory as a whole.</summary>
    public bool ParkIfEntryLocked(InodeId directory, ReadOnlySpan<byte> name) =>
        Shard.Locks.Count != 0
        && (ParkIfLocked(LockKey.Directory(directory)) || ParkIfLocked(LockKey.Inode(directory)) || ParkIfLocked(LockKey.Dentry(directory, name)));

    /// <summary>As <see cref="ParkIfLocked(LockKey)"/>, for a request that reads a name.</summary>
    public bool ParkIfNameLocked(InodeId directory, ReadOnlySpan<byte> name) =>
        Shard.Locks.Count != 0 && (ParkIfLocked(LockKey.Inode(directory)) || ParkIfLocked(LockKey.Dentry(directory, name)));

    /// <summary>As <see cref="ParkIfLocked(LockKey)"/>, for a request that reads or changes an inode.</summary>
    public bool ParkIfInodeLocked(InodeId inode) => Shard.Locks.Count != 0 && ParkIfLocked(LockKey.Inode(inode));

    /// <summary>
    /// As <see cref="ParkIfLocked(LockKey)"/>, for a request that reads all names of a directory, or its attributes: on each that a transaction of another shard has
    /// prepared. That may have been decided and its client answered, who must find the name, the count and the times now. Transactions that come later are not waited
    /// for, or a listing would never end where there are many.
    /// </summary>
    public bool ParkIfAnyEntryLocked(InodeId directory)
    {
        var locks = Shard.Locks;
        if (locks.Count == 0)
            return false;
        if (_locksBefore == 0)
            _locksBefore = locks.Taken;
        return locks.TryFindForeignEntry(directory, Shard.Id, _locksBefore, out var key) && ParkIfLocked(key);
    }

    /// <summary>
    /// Only with the gate held: the handler has nothing more to do under it. The continuation is called on this thread when the gate was left, owns the request
    /// and may answer at any time, from any thread.
    /// </summary>
    public void ContinueOutsideGate(Action<NodeRequest> continuation)
    {
        if (IsPart)
        {
            Reply(Errno.EINVAL);
            return;
        }

        BecomePending();
        _continuation = continuation;
        _state = State.Continuing;
    }

    /// <summary>For whoever has waited and is about to change something that the same request, asked again, changes too. With the gate held, or the chunk entered.</summary>
    /// <exception cref="SessionEndedException">It may have been asked again, and answered.</exception>
    internal void RequireConnection()
    {
        if (Session.Ended)
            throw new SessionEndedException();
    }

    /// <summary>A second copy of this mutation, should one come, waits for the answer of this one.</summary>
    internal void BecomePending()
    {
        if (_pending || !HasAnswerSlot)
            return;
        _pending = true;
        Shard.Pending.Add(this);
    }

    /// <summary>Calls the handler with the gate held, and afterwards sends, continues or leaves the request to whoever wakes it.</summary>
    internal void RunGated()
    {
        State state;
        Action<NodeRequest>? continuation;
        using (Shard.Enter())
        {
            if (AttachToFirstCopy())
                return;
            _gated = true;
            _state = State.Running;
            Shard.Operations++;
            if (Shard.IsRetired && !_operation.ForLearner)
                Reply(Errno.WrongEpoch);
            else if (Session.Ended)
                Reply(Errno.SessionRefused);
            else
                Try(static request => request.RecallOrHandle());
            if (_state == State.Running)
                Reply(Errno.EIO);
            state = _state;
            continuation = _continuation;
            _gated = false;
        }

        // From here on a parked request may be running on another thread.
        if (state == State.Replied)
            Deliver();
        else if (state == State.Continuing)
            Try(continuation!);
    }

    private void RecallOrHandle()
    {
        if (RecallAnswer())
            _state = State.Replied;
        else
            _operation.Handler(this);
    }

    /// <summary>Calls the handler without the gate. For a mutation whose answer is kept, looks into the memory of answers first.</summary>
    internal void RunUngated()
    {
        if (_shard is { } shard)
            shard.Operations++;
        Try(static request => request.HandleUngated());
    }

    private void HandleUngated()
    {
        if (HasAnswerSlot && !_pending)
        {
            bool answered;
            using (Shard.Enter())
            {
                if (AttachToFirstCopy())
                    return;
                answered = Shard.IsRetired;
                if (answered)
                    StageReply(Errno.WrongEpoch);
                else
                    answered = RecallAnswer();
                if (!answered)
                    BecomePending();
            }

            if (answered)
            {
                Deliver();
                return;
            }
        }

        _operation.Handler(this);
    }

    /// <summary>True when the same mutation is under way: this request is answered together with it.</summary>
    private bool AttachToFirstCopy() => IsFirstRunOfResent && Shard.Pending.TryAttach(this);

    /// <summary>
    /// True when the mutation was answered before: that answer is staged. It is also recorded under the slot that the request has now, since the client
    /// uses the other one for something else.
    /// </summary>
    private bool RecallAnswer()
    {
        if (!IsFirstRunOfResent || (Node.PlantedBugs & PlantedBugs.ForgetAnswers) != 0 || !AnswerRow.TryFind(Node.Engine, Shard.Id, SessionId, Sequence, _body, out _status, out _bodyLength))
            return false;
        _rentedLength = 0;
        var mutation = Shard.Begin(default);
        AnswerRow.Stage(mutation.Batch, Shard.Id, this, _status, StagedBody);
        mutation.Commit();
        return true;
    }

    private bool IsFirstRunOfResent => !_pending && (Header.Flags & FrameFlags.Resent) != 0 && HasAnswerSlot;

    /// <summary>Does a piece of the request's work and answers for it when it fails. The request may be answered, and be another one, when this returns.</summary>
    internal void Try(Action<NodeRequest> work)
    {
        var life = Life;
        try
        {
            work(this);
        }
        catch (ShardRetiredException)
        {
            FailUnlessAnswered(life, Errno.WrongEpoch);
        }
        catch (SessionEndedException)
        {
            FailUnlessAnswered(life, Errno.SessionRefused);
        }
        catch (Exception exception) when (exception is not OutOfMemoryException)
        {
            Node.Dispatcher.LogFailure(this, life, exception);
            FailUnlessAnswered(life, exception is MetadataEngineException { IsNoSpace: true } ? Errno.ENOSPC : Errno.EIO);
        }
    }
}
