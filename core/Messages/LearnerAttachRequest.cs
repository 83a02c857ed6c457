using SealFs.Core.Wire;

namespace SealFs.Core.Messages;

/// <summary>
/// A node begins to copy the shard: from now on the source keeps for it what changes. Whatever was attached before is not any more. Answer: LearnerAttachReply.
/// <code>
///   0 u64 move id
/// </code>
/// </summary>
public readonly record struct LearnerAttachRequest(ulong MoveId) : IWireMessage<LearnerAttachRequest>
{
    public int Size => 8;

    public void Write(ref WireWriter writer)
    {
        writer.U64(MoveId);
    }

    public static bool TryRead(ref WireReader reader, out LearnerAttachRequest message)
    {
        message = new LearnerAttachRequest(reader.U64());
        return reader.Complete;
    }
}
