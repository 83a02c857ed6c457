using SealFs.Core.Wire;

namespace SealFs.Core.Messages;

/// <summary>
/// Body of the answer to a compound of which nothing was done. The status of the answer is that of the first part that failed.
/// <code>
///   0 u32 index of that part
///   4 rest: the body of its answer
/// </code>
/// </summary>
public readonly ref struct CompoundFailure : IWireMessage<CompoundFailure>
{
    public uint Index { get; init; }

    public ReadOnlySpan<byte> Answer { get; init; }

    public int Size => 4 + Answer.Length;

    public void Write(ref WireWriter writer)
    {
        writer.U32(Index);
        writer.Raw(Answer);
    }

    public static bool TryRead(ref WireReader reader, out CompoundFailure message)
    {
        message = new CompoundFailure { Index = reader.U32(), Answer = reader.Rest() };
        return reader.Complete;
    }
}
