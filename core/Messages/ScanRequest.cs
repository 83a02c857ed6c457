using SealFs.Core.Wire;

namespace SealFs.Core.Messages;

/// <summary>
/// ScanShard and ScanChunks: the next page of what a shard holds of the volume, for checks. The cursor is empty at first and afterwards the one of the answer before. Answer: ScanReply.
/// <code>
///   0 u8 (0 or 1) verify      ScanChunks: read every block and compare it with its checksum
///   1 u16 length + bytes cursor
/// </code>
/// </summary>
public readonly ref struct ScanRequest : IWireMessage<ScanRequest>
{
    public const int CursorBytes = 300;

    public bool Verify { get; init; }

    public ReadOnlySpan<byte> Cursor { get; init; }

    public int Size => 3 + Cursor.Length;

    public void Write(ref WireWriter writer)
    {
        writer.Bool(Verify);
        writer.Bytes16(Cursor);
    }

    public static bool TryRead(ref WireReader reader, out ScanRequest message)
    {
        message = new ScanRequest { Verify = reader.Bool(), Cursor = reader.Bytes16() };
        return reader.Complete && message.Cursor.Length <= CursorBytes;
    }
}
