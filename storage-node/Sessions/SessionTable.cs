using SealFs.Core;

namespace SealFs.StorageNode.Sessions;

/// <summary>
/// The sessions that have connections to this node, and which sessions live at all: those of the manager's last list, and those that were opened after it and have not ended since. Nothing else is
/// let in, however long its token is good for.
/// </summary>
public sealed class SessionTable(TimeProvider time, int endedCapacity = SessionTable.EndedCapacity)
{
    /// <summary>Sessions that ended since the last list: days of them, in a few megabytes. Beyond it the manager is asked for another list.</summary>
    public const int EndedCapacity = 100_000;

    private readonly Lock _gate = new();
    private readonly Dictionary<SessionId, List<Session>> _connected = [];
    private readonly Dictionary<SessionId, ulong> _numbers = [];
    private readonly HashSet<SessionId> _ended = [];
    private readonly Queue<SessionId> _endedInOrder = [];
    private HashSet<SessionId> _live = [];
    private ulong _newestListed;
    private bool _isListed;
    private long _heardAt = time.GetTimestamp();

    /// <summary>Sessions with a connection.</summary>
    public int Count
    {
        get
        {
            lock (_gate)
                return _connected.Count;
        }
    }

    /// <summary>False until the manager has said which sessions live, and after more have ended than can be remembered: nobody is let in.</summary>
    public bool IsListed
    {
        get
        {
            lock (_gate)
                return _isListed;
        }
    }

    /// <summary>
    /// The time by which tokens are judged: when the manager was heard last. While it cannot be reached nobody gets a newer token, and connections that break have to be made again.
    /// </summary>
    public DateTimeOffset TokenTime
    {
        get
        {
            lock (_gate)
                return time.GetUtcNow() - time.GetElapsedTime(_heardAt);
        }
    }

    public bool HasEnded(SessionId session)
    {
        lock (_gate)
            return _ended.Contains(session);
    }

    /// <summary>The manager has answered.</summary>
    internal void Heard()
    {
        lock (_gate)
            _heardAt = time.GetTimestamp();
    }

    /// <summary>These sessions live, and no other one with a number up to this.</summary>
    internal void Listed(IEnumerable<SessionId> live, ulong newest)
    {
        lock (_gate)
        {
            _live = [.. live];
            _newestListed = newest;
            _isListed = true;
        }
    }

    /// <summary>True when the session is in the manager's list, or was opened after it was made and has not ended since.</summary>
    internal bool IsLive(SessionId session, ulong number)
    {
        lock (_gate)
            return _live.Contains(session) || (number > _newestListed && !_ended.Contains(session));
    }

    /// <summary>True when the session has ended for sure: while the manager has not said which live, none has but those that it has named.</summary>
    internal bool IsKnownToBeOver(SessionId session, ulong number)
    {
        lock (_gate)
            return _ended.Contains(session) || (_isListed && !_live.Contains(session) && number <= _newestListed);
    }

    /// <summary>True when the session has shown a token with a number above this.</summary>
    internal bool IsNewerThan(SessionId session, ulong number)
    {
        lock (_gate)
            return _numbers.TryGetValue(session, out var own) && own > number;
    }

    /// <summary>
    /// A client's worker replaces one that died. What the dead one had sent may still lie in a socket: it must not be done after something its successor did, so
    /// the connections of older generations are fenced off. The same goes for what was sent over a connection in whose place another one came.
    /// </summary>
    internal void Add(Session session)
    {
        lock (_gate)
        {
            if (!_connected.TryGetValue(session.Id, out var peers))
                _connected.Add(session.Id, peers = []);
            foreach (var peer in peers)
            {
                if (peer.IsOlderThan(session))
                    peer.End();
                else if (session.IsOlderThan(peer))
                    session.End();
            }

            peers.Add(session);
            _numbers.TryAdd(session.Id, session.Number);

            // The session may have ended between the look at its token and this.
            if (_ended.Contains(session.Id))
                session.EndForGood();
        }
    }

    /// <summary>The connection is lost. What waits still is not done any more: whoever asked for it asks again, over a connection that may be greeted before this is done.</summary>
    internal void Lost(Session session)
    {
        session.End();
        Remove(session);
    }

    internal void Remove(Session session)
    {
        lock (_gate)
        {
            if (!_connected.TryGetValue(session.Id, out var peers))
                return;
            peers.RemoveAll(peer => ReferenceEquals(peer, session));
            if (peers.Count == 0)
                _connected.Remove(session.Id);
        }
    }

    /// <summary>The session is over: whatever its connections still ask for is refused, and it cannot come again.</summary>
    internal void End(SessionId id)
    {
        lock (_gate)
        {
            _numbers.Remove(id);
            _live.Remove(id);
            if (_ended.Add(id))
                _endedInOrder.Enqueue(id);
            while (_endedInOrder.Count > endedCapacity)
            {
                // It could be taken for one that was opened after the list: only a newer list tells.
                _ended.Remove(_endedInOrder.Dequeue());
                _isListed = false;
            }

            if (!_connected.TryGetValue(id, out var peers))
                return;
            foreach (var session in peers)
                session.EndForGood();
        }
    }

    /// <summary>Every session with a connection, and its newest generation.</summary>
    internal Dictionary<SessionId, ushort> Generations()
    {
        lock (_gate)
            return _connected.ToDictionary(session => session.Key, session => session.Value.Max(peer => peer.Generation));
    }
}
