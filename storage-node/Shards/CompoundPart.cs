using System.Diagnostics;
using SealFs.Core;
using SealFs.Core.Rpc;
using SealFs.Core.Wire;

namespace SealFs.StorageNode.Shards;

/// <summary>
/// One part of a compound after the other, as a request of its own: with the compound's header and payload, the part's opcode and body, and no sequence, for the
/// compound's answer is remembered as a whole. A shard has one, used with its gate held.
/// </summary>
internal sealed unsafe class CompoundPart(NodeContext node) : IRequestSource
{
    private readonly NodeRequest _request = new(node);
    private NodeRequest _compound = null!;
    private FrameHeader _header;
    private int _bodyAt;

    /// <summary>Body of the part's answer.</summary>
    public ReadOnlySpan<byte> Answer => _request.StagedBody;

    ref readonly FrameHeader IRequestSource.Header => ref _header;

    ReadOnlySpan<byte> IRequestSource.Body => _compound.Body.Slice(_bodyAt, (int)_header.BodyLength);

    byte* IRequestSource.Payload => _compound.PayloadPointer;

    int IRequestSource.PayloadLength => _compound.PayloadLength;

    WriteVerifier IRequestSource.Verifier
    {
        set => throw new UnreachableException("Parts are answered by their compound.");
    }

    /// <summary>Runs the part where the reader is; returns its status.</summary>
    public Errno Run(NodeRequest compound, in CompoundReader part)
    {
        _compound = compound;
        _header = compound.Header;
        _header.Opcode = part.Opcode;
        _header.Flags &= ~FrameFlags.Compound;
        _header.Sequence = default;
        _header.BodyLength = (uint)part.Body.Length;
        _bodyAt = compound.Body.Length - part.RestBytes - part.Body.Length;
        _request.Bind(this, compound.Session, node.Operations.Find(part.Opcode)!, compound.Shard);
        return _request.RunAsPart();
    }

    void IRequestSource.Reply(Errno status, ReadOnlySpan<byte> body, ReadOnlySpan<byte> payload) =>
        throw new UnreachableException("Parts are answered by their compound.");

    byte* IRequestSource.RentPayload(int capacityBytes) => throw new NotSupportedException("A part answers with a body alone.");

    void IRequestSource.ReplyRented(Errno status, ReadOnlySpan<byte> body, int payloadLength) =>
        throw new UnreachableException("Parts are answered by their compound.");
}
