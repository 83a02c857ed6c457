using System.Buffers;
using SealFs.Core;
using SealFs.Core.Rpc;

namespace SealFs.StorageNode.Shards;

/// <summary>Compounds: a request that consists of others, and those.</summary>
public sealed unsafe partial class NodeRequest
{
    /// <summary>Writes the answers of parts, up to what may be sent or remembered.</summary>
    internal CompoundWriter WriteAnswers() => new(_body.AsSpan(0, HasAnswerSlot ? NodeLimits.RememberedAnswerBytes : NodeLimits.CompoundAnswerBytes));

    /// <summary>Stages what was written as the reply to a compound that succeeds.</summary>
    internal void StageAnswers(int lengthBytes)
    {
        StageReply(Errno.None);
        _bodyLength = lengthBytes;
    }

    /// <summary>Calls the handler of a part, under the gate that the compound holds. Its reply is staged and goes nowhere.</summary>
    internal Errno RunAsPart()
    {
        _gated = true;
        Try(_operation.Handler);
        if (_state != State.Replied)
            StageReply(Errno.EIO);
        return StagedStatus;
    }

    /// <summary>Room for the answers of all parts instead of a single answer.</summary>
    private void TakeAnswers() => _body = ArrayPool<byte>.Shared.Rent(NodeLimits.CompoundAnswerBytes);

    private void ReleaseAnswers()
    {
        if (ReferenceEquals(_body, _ownBody))
            return;
        ArrayPool<byte>.Shared.Return(_body);
        _body = _ownBody;
    }
}
