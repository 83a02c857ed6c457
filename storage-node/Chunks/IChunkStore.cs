using SealFs.Core;

namespace SealFs.StorageNode.Chunks;

/// <summary>Room on the disk of a store, bytes.</summary>
public readonly record struct StoreSpace(ulong TotalBytes, ulong FreeBytes);

/// <summary>
/// Where the bytes of chunks are: a data engine. It knows nothing of checksums, lengths and bitmaps; those are in the chunk's record,
/// and the callers hold the chunk's lock, so that an engine never sees two calls for one chunk at a time (except <see cref="Sync"/>).
/// Failures are values: <see cref="Errno.ENOSPC"/> where the disk is full, <see cref="Errno.EIO"/> where it fails.
/// </summary>
public unsafe interface IChunkStore : IDisposable
{
    /// <summary>Bytes from the offset on; what was never written reads as zeros, also behind the end. All of them or an error.</summary>
    Errno Read(in ChunkKey key, uint offsetBytes, byte* target, uint lengthBytes);

    /// <summary>As <see cref="Read"/>, where that needs no waiting for the disk; <see cref="Errno.EAGAIN"/> where it does.</summary>
    Errno ReadNow(in ChunkKey key, uint offsetBytes, byte* target, uint lengthBytes);

    /// <summary>All of the bytes or an error; after an error any part of the range may have been written.</summary>
    Errno Write(in ChunkKey key, uint offsetBytes, byte* source, uint lengthBytes);

    /// <summary>Reserves room; what was never written still reads as zeros.</summary>
    Errno Allocate(in ChunkKey key, uint offsetBytes, uint lengthBytes);

    /// <summary>The range reads as zeros and gives its room back where it can.</summary>
    Errno Punch(in ChunkKey key, uint offsetBytes, uint lengthBytes);

    /// <summary>Nothing is left from here on. No effect on a chunk that is not there.</summary>
    Errno Truncate(in ChunkKey key, uint lengthBytes);

    /// <summary>Where the stored bytes end: 0 for a chunk that is not there.</summary>
    Errno GetLength(in ChunkKey key, out ulong lengthBytes);

    /// <summary>The chunk is gone, or was never there.</summary>
    Errno Remove(in ChunkKey key);

    /// <summary>The disk may begin with what was written to the range (length 0: from there on). Promises nothing: a failure shows in <see cref="Sync"/>.</summary>
    void StartWriteback(in ChunkKey key, uint offsetBytes, uint lengthBytes);

    /// <summary>What was written to the chunk before the call is on stable storage.</summary>
    Errno Sync(in ChunkKey key);

    /// <summary>What was written to any chunk before the call is on stable storage.</summary>
    Errno SyncAll();

    /// <summary>
    /// Keeps a copy of what a chunk has in this range, which is about to be cut off although nobody knows why it is there. Answers the bytes kept: none where all is zeros, where
    /// that is as it should be, or where there is no room.
    /// </summary>
    uint SetAside(in ChunkKey key, uint fromBytes, uint endBytes);

    /// <summary>Whether the disk as a whole still takes bytes and syncs: asked when a sync of a chunk has failed.</summary>
    Errno Probe();

    /// <summary>Removes up to so many chunks of a volume's shard, whatever their records say; <paramref name="removed"/> below the limit means that none is left.</summary>
    Errno RemoveSome(VolumeId volume, ShardId shard, int limit, out int removed);

    /// <summary>The chunks that exist for a volume's shard, in no order. May miss or show what changes meanwhile.</summary>
    IEnumerable<ChunkKey> List(VolumeId volume, ShardId shard);

    /// <summary>The volumes of which there are chunks, or were.</summary>
    IEnumerable<VolumeId> Volumes();

    /// <summary>Closes the files of a shard that are open, as far as nobody is using them.</summary>
    void Close(ShardId shard);

    Errno GetSpace(out StoreSpace space);
}
