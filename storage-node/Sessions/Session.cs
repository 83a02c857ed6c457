using SealFs.Core;
using SealFs.Core.Messages;

namespace SealFs.StorageNode.Sessions;

/// <summary>Who is at the other end of a connection, as its token says. Several connections of one client share one session id.</summary>
/// <param name="Id">The client's session; of another node, its own number.</param>
/// <param name="Role">What the peer is.</param>
/// <param name="Volume">The one volume a client may use; none (0) for nodes, which may use all.</param>
/// <param name="ReadOnly">Every mutation is refused with EROFS.</param>
/// <param name="Generation">Incarnation of the client's worker process.</param>
public sealed record Session(SessionId Id, PeerRole Role, VolumeId Volume, bool ReadOnly, ushort Generation)
{
    private volatile bool _ended;
    private volatile bool _isOver;

    /// <summary>
    /// The manager says that the session is over, a later worker of the same client has come, or a later connection in place of this one: everything asked for over this connection is refused from now on.
    /// </summary>
    public bool Ended => _ended;

    /// <summary>What was sent over it must not be done after what comes over the other. Generations count up and wrap around.</summary>
    internal bool IsOlderThan(Session other) => (short)(Generation - other.Generation) < 0 || Attempt.IsBefore(other.Attempt);

    /// <summary>Which connection of its lineage; none for a peer that does not tell.</summary>
    public ConnectionAttempt Attempt { get; init; }

    /// <summary>The number that the manager gave the session; 0 for nodes.</summary>
    public ulong Number { get; init; }

    /// <summary>The manager has ended the session itself, not only this connection of it.</summary>
    internal bool IsOver => _isOver;

    internal void End() => _ended = true;

    internal void EndForGood()
    {
        _isOver = true;
        _ended = true;
    }
}
