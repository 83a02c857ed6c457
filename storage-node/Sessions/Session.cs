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

    /// <summary>
    /// The manager says that the session is over, or a later worker of the same client has come: everything asked for over this connection is refused from now on.
    /// </summary>
    public bool Ended => _ended;

    /// <summary>Generations count up and wrap around.</summary>
    internal bool IsOlderThan(Session other) => (short)(Generation - other.Generation) < 0;

    internal void End() => _ended = true;
}
