using SealFs.Core.Wire;

namespace SealFs.Core.Messages;

/// <summary>
/// Answer to ChunkRange. AllocatedDelta: as in WriteReply. Fresh: the blocks of 64 KiB that held nothing before and are reserved now, bit i for block i; a client that fails later names them in a ChunkRange with Release.
/// <code>
///   0 i32 allocated delta bytes
///   4 u64 fresh
/// </code>
/// </summary>
public readonly record struct ChunkRangeReply(int AllocatedDeltaBytes, ulong Fresh) : IWireMessage<ChunkRangeReply>
{
    public int Size => 12;

    public void Write(ref WireWriter writer)
    {
        writer.I32(AllocatedDeltaBytes);
        writer.U64(Fresh);
    }

    public static bool TryRead(ref WireReader reader, out ChunkRangeReply message)
    {
        message = new ChunkRangeReply(reader.I32(), reader.U64());
        return reader.Complete;
    }
}
