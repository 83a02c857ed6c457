using SealFs.Core.Wire;

namespace SealFs.Core.Messages;

/// <summary>
/// Hash (as in CopyPageReply) of the rows of a snapshot from the key that was asked for up to (not including) next.
/// <code>
///   0 u64 hash
///   8 u16 length + bytes next
/// </code>
/// </summary>
public readonly ref struct RangeHashReply : IWireMessage<RangeHashReply>
{
    public ulong Hash { get; init; }

    public ReadOnlySpan<byte> Next { get; init; }

    public int Size => 10 + Next.Length;

    public void Write(ref WireWriter writer)
    {
        writer.U64(Hash);
        writer.Bytes16(Next);
    }

    public static bool TryRead(ref WireReader reader, out RangeHashReply message)
    {
        message = new RangeHashReply { Hash = reader.U64(), Next = reader.Bytes16() };
        return reader.Complete && message.Next.Length <= CopyPageRequest.KeyBytes;
    }
}
