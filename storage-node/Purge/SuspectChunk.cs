using SealFs.Core.Messages;
using SealFs.StorageNode.Chunks;

namespace SealFs.StorageNode.Purge;

/// <summary>A chunk of which no file needs some or all.</summary>
/// <param name="IsGone">Its inode is not there.</param>
/// <param name="KeepBytes">What its file needs of it.</param>
/// <param name="RecordHash">Of the record that this was seen in. Every change of a chunk whose blocks were all clean changes the record.</param>
internal readonly record struct SuspectChunk(bool IsGone, uint KeepBytes, ulong RecordHash)
{
    /// <summary>
    /// False when the chunk is needed, or when that is not known. <paramref name="state"/> was asked after the record was read: of a file that nobody had open then, everything that
    /// had been written was committed or will never be, and whatever is written later shows in the record.
    /// </summary>
    public static bool TryJudge(in RecordedChunk record, InodeState state, ulong chunkBytes, out SuspectChunk suspect)
    {
        suspect = default;
        if (state.Presence == InodePresence.Gone)
        {
            suspect = new SuspectChunk(true, 0, record.RecordHash);
            return true;
        }

        if (state.Presence != InodePresence.Quiet || record.Dirty != 0)
            return false;
        var keep = KeptBytes(state.SizeBytes, record.Key.Chunk.Value, chunkBytes);
        suspect = new SuspectChunk(false, keep, record.RecordHash);
        return (record.Blocks & ChunkBlocks.From(ChunkBlocks.CountFor(keep))) != 0;
    }

    /// <summary>Bytes of a chunk that lie below the end of its file.</summary>
    public static uint KeptBytes(ulong sizeBytes, ulong chunk, ulong chunkBytes)
    {
        var start = chunk * chunkBytes;
        return sizeBytes <= start ? 0 : (uint)Math.Min(sizeBytes - start, chunkBytes);
    }
}
