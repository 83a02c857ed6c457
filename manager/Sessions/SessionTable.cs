using System.Diagnostics.CodeAnalysis;
using SealFs.Core;

namespace SealFs.Manager.Sessions;

/// <summary>The live sessions, and the log of those that ended since the manager started.</summary>
internal sealed class SessionTable
{
    private readonly RandomFiller random;
    private readonly Dictionary<SessionId, SessionEntry> live = [];
    private readonly Queue<SessionId> ended = new();
    private ulong endedBeforeQueue;

    public SessionTable(RandomFiller random, uint managerStart)
    {
        this.random = random;
        Newest = (ulong)managerStart << 32;
        LogId = RandomNonZero();
    }

    /// <summary>Tells this process's log from an earlier one's.</summary>
    public ulong LogId { get; }

    /// <summary>The position after the last ended session.</summary>
    public ulong LogPosition => endedBeforeQueue + (ulong)ended.Count;

    /// <summary>The number of the session that was opened last.</summary>
    public ulong Newest { get; private set; }

    public int Count => live.Count;

    public IEnumerable<SessionEntry> Live => live.Values;

    public SessionId NewId()
    {
        while (true)
        {
            var id = new SessionId(RandomNonZero());
            if (!live.ContainsKey(id))
                return id;
        }
    }

    public ulong NextNumber() => ++Newest;

    public void Add(SessionEntry session) => live.Add(session.Id, session);

    public bool TryGet(SessionId id, [NotNullWhen(true)] out SessionEntry? session) => live.TryGetValue(id, out session);

    public IEnumerable<SessionEntry> Of(VolumeId volume) => live.Values.Where(session => session.Volume == volume);

    /// <summary>The session is over: the nodes are told with their next heartbeats.</summary>
    public void End(SessionEntry session)
    {
        live.Remove(session.Id);
        ended.Enqueue(session.Id);
        if (ended.Count > Limits.EndedSessionsKept)
        {
            ended.Dequeue();
            endedBeforeQueue++;
        }
    }

    /// <returns>The sessions that ended since a position, or null when the log does not reach back that far.</returns>
    public IEnumerable<SessionId>? EndedSince(ulong logId, ulong position) =>
        logId == LogId && position >= endedBeforeQueue && position <= LogPosition ? ended.Skip((int)(position - endedBeforeQueue)) : null;

    private ulong RandomNonZero()
    {
        Span<byte> bytes = stackalloc byte[sizeof(ulong)];
        while (true)
        {
            random(bytes);
            var value = BitConverter.ToUInt64(bytes);
            if (value != 0)
                return value;
        }
    }
}
