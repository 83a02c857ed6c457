using SealFs.Core.Wire;

namespace SealFs.Core.Rpc;

/// <summary>Everything about a request besides its body and payload.</summary>
public struct RpcCall
{
    public Opcode Opcode;
    public ShardId Shard;
    public Epoch Epoch;
    public SessionId Session;

    /// <summary>With the session, the identity of a mutation; zero for requests that change nothing.</summary>
    public Sequence Sequence;

    /// <summary>Which slot of the servers' answer memory this mutation uses.</summary>
    public ushort Slot;

    /// <summary>Generation of the client's worker.</summary>
    public ushort Generation;

    public VolumeId Volume;

    /// <summary>It may have been executed before.</summary>
    public bool Resent;

    /// <summary>The body was written by <see cref="CompoundWriter"/>.</summary>
    public bool Compound;

    /// <summary>Deadline from now on, ms; 0 means the connection's default.</summary>
    public uint TimeoutMs;

    /// <summary>
    /// Native memory for the answer's payload, valid until the call completes; 0 for a pooled buffer. An answer with a longer payload
    /// than <see cref="ReplyPayloadLength"/> comes in a pooled buffer all the same.
    /// </summary>
    public nint ReplyPayloadBuffer;

    public int ReplyPayloadLength;
}
