using SealFs.Core.Messages;
using SealFs.Core.Wire;

namespace SealFs.Core.Rpc;

/// <summary>A connection came up or was lost. Handlers run on the receiver's thread and must not block.</summary>
public delegate void RpcConnectionChanged(RpcChannel connection, in RpcConnectionChange change);

/// <summary>What happened to a connection.</summary>
public readonly ref struct RpcConnectionChange
{
    /// <summary>True: a new connection is up. False: the one there was is lost.</summary>
    public bool Connected { get; init; }

    /// <summary>Why it was lost.</summary>
    public string Reason { get; init; }

    /// <summary>Not None when the peer answered Hello with a refusal; there will be further attempts.</summary>
    public Errno Refusal { get; init; }

    /// <summary>The incarnation in the peer's HelloReply; 0 when its answer had another form. Another one than before: it was restarted.</summary>
    public ulong PeerIncarnation { get; init; }

    /// <summary>The body of the answer to Hello.</summary>
    public ReadOnlySpan<byte> HelloReply { get; init; }

    internal static ulong IncarnationOf(ReadOnlySpan<byte> helloReply)
    {
        var reader = new WireReader(helloReply);
        return Messages.HelloReply.TryRead(ref reader, out var message) ? message.Incarnation : 0;
    }
}
