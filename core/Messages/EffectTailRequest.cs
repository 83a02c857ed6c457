using SealFs.Core.Wire;

namespace SealFs.Core.Messages;

/// <summary>
/// What changed from a position on; what lies before it may be forgotten. Waits, when there is nothing, for something to come. Answer: EffectTailReply, or ESTALE when the
/// source has not kept it: the learner attaches again and starts over.
/// <code>
///   0 u64 attachment
///   8 u64 from
///  16 u32 wait ms
///  20 u32 max bytes
/// </code>
/// </summary>
public readonly record struct EffectTailRequest(ulong Attachment, ulong From, uint WaitMs, uint MaxBytes) : IWireMessage<EffectTailRequest>
{
    public int Size => 24;

    public void Write(ref WireWriter writer)
    {
        writer.U64(Attachment);
        writer.U64(From);
        writer.U32(WaitMs);
        writer.U32(MaxBytes);
    }

    public static bool TryRead(ref WireReader reader, out EffectTailRequest message)
    {
        message = new EffectTailRequest(reader.U64(), reader.U64(), reader.U32(), reader.U32());
        return reader.Complete;
    }
}
