using SealFs.Core.Wire;

namespace SealFs.Core.Messages;

/// <summary>
/// Answer to ScanShard and ScanChunks. The payload holds ScanRow after ScanRow. An empty cursor: nothing follows.
/// <code>
///   0 u16 length + bytes cursor
/// </code>
/// </summary>
public readonly ref struct ScanReply : IWireMessage<ScanReply>
{
    public ReadOnlySpan<byte> Cursor { get; init; }

    public int Size => 2 + Cursor.Length;

    public void Write(ref WireWriter writer) => writer.Bytes16(Cursor);

    public static bool TryRead(ref WireReader reader, out ScanReply message)
    {
        message = new ScanReply { Cursor = reader.Bytes16() };
        return reader.Complete;
    }
}
