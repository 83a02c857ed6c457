using System.Collections.Concurrent;
using SealFs.Core;

namespace SealFs.StorageNode.Sessions;

/// <summary>The sessions that have connections to this node, and those that ended lately.</summary>
public sealed class SessionTable
{
    private readonly ConcurrentDictionary<SessionId, ConcurrentDictionary<Session, byte>> _connected = new();

    /// <summary>Sessions with a connection.</summary>
    public int Count => _connected.Count;

    internal void Add(Session session) => _connected.GetOrAdd(session.Id, static _ => new(ReferenceEqualityComparer.Instance as IEqualityComparer<Session>)).TryAdd(session, 0);

    internal void Remove(Session session)
    {
        if (!_connected.TryGetValue(session.Id, out var peers))
            return;
        peers.TryRemove(session, out _);
        if (peers.IsEmpty)
            _connected.TryRemove(new KeyValuePair<SessionId, ConcurrentDictionary<Session, byte>>(session.Id, peers));
    }

    /// <summary>The session is over: whatever its connections still ask for is refused.</summary>
    internal void End(SessionId id)
    {
        if (!_connected.TryGetValue(id, out var peers))
            return;
        foreach (var session in peers.Keys)
            session.End();
    }
}
