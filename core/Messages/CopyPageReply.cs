using SealFs.Core.Wire;

namespace SealFs.Core.Messages;

/// <summary>
/// Same: the range has the hash that was asked about. Otherwise the payload has all rows from the beginning of the range up to (not including) next: u16 key length, u32 value length, key,
/// value, for each. The hash is xxHash3 (64 bits, seed 0) of these bytes.
/// <code>
///   0 u8 (0 or 1) same
///   1 u16 length + bytes next
/// </code>
/// </summary>
public readonly ref struct CopyPageReply : IWireMessage<CopyPageReply>
{
    public bool Same { get; init; }

    public ReadOnlySpan<byte> Next { get; init; }

    public int Size => 3 + Next.Length;

    public void Write(ref WireWriter writer)
    {
        writer.Bool(Same);
        writer.Bytes16(Next);
    }

    public static bool TryRead(ref WireReader reader, out CopyPageReply message)
    {
        message = new CopyPageReply { Same = reader.Bool(), Next = reader.Bytes16() };
        return reader.Complete && message.Next.Length <= CopyPageRequest.KeyBytes;
    }
}
