using SealFs.Core;

namespace SealFs.StorageNode.Sessions;

/// <summary>The sessions that have connections to this node, and those that ended: their tokens may be good for hours yet.</summary>
public sealed class SessionTable(TimeProvider time)
{
    /// <summary>Ended sessions that are remembered: days of them, in a few megabytes.</summary>
    private const int EndedCapacity = 100_000;

    private readonly Lock _gate = new();
    private readonly Dictionary<SessionId, List<Session>> _connected = [];
    private readonly Dictionary<SessionId, long> _firstSeen = [];
    private readonly HashSet<SessionId> _ended = [];
    private readonly Queue<SessionId> _endedInOrder = [];

    /// <summary>Sessions with a connection.</summary>
    public int Count
    {
        get
        {
            lock (_gate)
                return _connected.Count;
        }
    }

    public bool HasEnded(SessionId session)
    {
        lock (_gate)
            return _ended.Contains(session);
    }

    /// <summary>True when the session's first connection came after this timestamp of the node's clock.</summary>
    internal bool WasFirstSeenAfter(SessionId session, long timestamp)
    {
        lock (_gate)
            return _firstSeen.TryGetValue(session, out var seen) && seen > timestamp;
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
            _firstSeen.TryAdd(session.Id, time.GetTimestamp());
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
            _firstSeen.Remove(id);
            if (_ended.Add(id))
                _endedInOrder.Enqueue(id);
            while (_endedInOrder.Count > EndedCapacity)
                _ended.Remove(_endedInOrder.Dequeue());
            if (!_connected.TryGetValue(id, out var peers))
                return;
            foreach (var session in peers)
                session.End();
        }
    }

    /// <summary>Every session with a connection, and its newest generation.</summary>
    internal Dictionary<SessionId, ushort> Generations()
    {
        lock (_gate)
            return _connected.ToDictionary(session => session.Key, session => session.Value.Max(peer => peer.Generation));
    }
}
