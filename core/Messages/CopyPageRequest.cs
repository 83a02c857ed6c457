using SealFs.Core.Wire;

namespace SealFs.Core.Messages;

/// <summary>
/// The rows of a shard in a key range, unless the learner has the same already. Answer: CopyPageReply.
/// <code>
///   0 u64 attachment
///   8 u8 table
///   9 u64 hash of what the learner has in the range (CopyPageReply)
///  17 u16 length + bytes from
///     u16 length + bytes until
/// </code>
/// </summary>
public readonly ref struct CopyPageRequest : IWireMessage<CopyPageRequest>
{
    public const int KeyBytes = 512;

    public ulong Attachment { get; init; }

    public byte Table { get; init; }

    public ulong Hash { get; init; }

    public ReadOnlySpan<byte> From { get; init; }

    public ReadOnlySpan<byte> Until { get; init; }

    public int Size => 21 + From.Length + Until.Length;

    public void Write(ref WireWriter writer)
    {
        writer.U64(Attachment);
        writer.U8(Table);
        writer.U64(Hash);
        writer.Bytes16(From);
        writer.Bytes16(Until);
    }

    public static bool TryRead(ref WireReader reader, out CopyPageRequest message)
    {
        message = new CopyPageRequest
        {
            Attachment = reader.U64(),
            Table = reader.U8(),
            Hash = reader.U64(),
            From = reader.Bytes16(),
            Until = reader.Bytes16(),
        };
        return reader.Complete && message.From.Length <= KeyBytes && message.Until.Length <= KeyBytes;
    }
}
