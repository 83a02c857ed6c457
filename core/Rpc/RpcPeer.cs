using System.Net;
using SealFs.Core.Security;
using SealFs.Core.Wire;

namespace SealFs.Core.Rpc;

/// <summary>The other end of an accepted connection.</summary>
public sealed class RpcPeer
{
    private readonly ServerLink _link;

    internal RpcPeer(ServerLink link, EndPoint endPoint)
    {
        _link = link;
        EndPoint = endPoint;
    }

    /// <summary>The handler's own: the session.</summary>
    public object? State { get; set; }

    /// <summary>
    /// Requests are read from it also when the server's memory is used up. For other servers: what they ask for may be what requests here wait for, so that two servers would wait for each other. They
    /// are few, and the limits of a connection hold for them.
    /// </summary>
    public bool IsExemptFromMemoryLimit { get; set; }

    /// <summary>Whose certificate it has shown; null where it speaks no TLS.</summary>
    public CertificateIdentity? Certificate { get; internal init; }

    /// <summary>Where it comes from; the listening path for a Unix socket.</summary>
    public EndPoint EndPoint { get; }

    /// <summary>Ends the connection after what is queued was sent. Any thread.</summary>
    public void Close(string reason) => _link.RequestClose(reason);

    /// <summary>Sends a frame of the server's own account that has no answer. Any thread; lost when the connection is.</summary>
    public void Notify<TBody>(Opcode opcode, in TBody body)
        where TBody : struct, IWireMessage<TBody>, allows ref struct => _link.Notify(opcode, in body);

    public override string ToString() => EndPoint.ToString() ?? "";
}
