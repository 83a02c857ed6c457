using SealFs.Core;
using SealFs.Core.Wire;

namespace SealFs.StorageNode.Shards;

/// <summary>
/// Where a request came from and its answer goes: a connection, or the node itself. Header, body and payload stay valid until the answer was given;
/// exactly one of the replies is called, from any thread.
/// </summary>
public unsafe interface IRequestSource
{
    ref readonly FrameHeader Header { get; }

    ReadOnlySpan<byte> Body { get; }

    byte* Payload { get; }

    int PayloadLength { get; }

    /// <summary>Set before the reply: goes into the header of the answer.</summary>
    WriteVerifier Verifier { set; }

    /// <summary>Answers with a body and a payload, both copied before this returns.</summary>
    void Reply(Errno status, ReadOnlySpan<byte> body, ReadOnlySpan<byte> payload);

    /// <summary>Native memory of the outgoing frame for a payload of at most this many bytes, to be filled and sent with <see cref="ReplyRented"/> or given up by another reply.</summary>
    byte* RentPayload(int capacityBytes);

    /// <summary>Answers with the first bytes of the memory rented before.</summary>
    void ReplyRented(Errno status, ReadOnlySpan<byte> body, int payloadLength);
}
