using SealFs.Core.Wire;

namespace SealFs.Core.Messages;

/// <summary>
/// The hash of the next range of the snapshot that the learner has asked for. Answer: RangeHashReply.
/// <code>
///   0 u64 attachment
///   8 u8 table
///   9 u16 length + bytes from
/// </code>
/// </summary>
public readonly ref struct RangeHashRequest : IWireMessage<RangeHashRequest>
{
    public ulong Attachment { get; init; }

    public byte Table { get; init; }

    public ReadOnlySpan<byte> From { get; init; }

    public int Size => 11 + From.Length;

    public void Write(ref WireWriter writer)
    {
        writer.U64(Attachment);
        writer.U8(Table);
        writer.Bytes16(From);
    }

    public static bool TryRead(ref WireReader reader, out RangeHashRequest message)
    {
        message = new RangeHashRequest { Attachment = reader.U64(), Table = reader.U8(), From = reader.Bytes16() };
        return reader.Complete && message.From.Length <= CopyPageRequest.KeyBytes;
    }
}
