using SealFs.Core.Wire;

namespace SealFs.Core.Messages;

/// <summary>
/// The learner is attached. What changes from the position on will be told; bytes total is an estimate.
/// <code>
///   0 u64 attachment
///   8 u64 position
///  16 u64 effect sequence
///  24 u64 bytes total
/// </code>
/// </summary>
public readonly record struct LearnerAttachReply(ulong Attachment, ulong Position, ulong EffectSequence, ulong BytesTotal) : IWireMessage<LearnerAttachReply>
{
    public int Size => 32;

    public void Write(ref WireWriter writer)
    {
        writer.U64(Attachment);
        writer.U64(Position);
        writer.U64(EffectSequence);
        writer.U64(BytesTotal);
    }

    public static bool TryRead(ref WireReader reader, out LearnerAttachReply message)
    {
        message = new LearnerAttachReply(reader.U64(), reader.U64(), reader.U64(), reader.U64());
        return reader.Complete;
    }
}
