using SealFs.Core.Wire;

namespace SealFs.Core.Messages;

/// <summary>
/// Bit i of word i / 64 stands for block i of 64 KiB; chunks are at most 64 blocks of data per word, so one word serves 4 MiB. LengthBytes: end of the data in this chunk.
/// <code>
///   0 u32 length bytes
///   4 u64 blocks
/// </code>
/// </summary>
public readonly record struct ChunkMapReply(uint LengthBytes, ulong Blocks) : IWireMessage<ChunkMapReply>
{
    public int Size => 12;

    public void Write(ref WireWriter writer)
    {
        writer.U32(LengthBytes);
        writer.U64(Blocks);
    }

    public static bool TryRead(ref WireReader reader, out ChunkMapReply message)
    {
        message = new ChunkMapReply(reader.U32(), reader.U64());
        return reader.Complete;
    }
}
