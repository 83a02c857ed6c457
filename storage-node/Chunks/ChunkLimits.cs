namespace SealFs.StorageNode.Chunks;

/// <summary>Every bound of the data engine, each with its reason.</summary>
public static class ChunkLimits
{
    /// <summary>Unit of allocation and of the stored checksums: 64 KiB keeps a record of a full chunk below 300 bytes.</summary>
    public const int BlockBytes = 64 * 1024;

    /// <summary>Unit of the checksums held in memory: a read or an overwrite of one page touches nothing else.</summary>
    public const int PieceBytes = 4 * 1024;

    public const int PiecesPerBlock = BlockBytes / PieceBytes;

    /// <summary>One bit a block in a 64-bit word.</summary>
    public const int MaxBlocks = 64;

    /// <summary>Largest chunk a volume may ask for.</summary>
    public const uint MaxChunkBytes = MaxBlocks * BlockBytes;

    /// <summary>Open descriptors of chunk files: far below the usual limit of 65,536 for a service, far above what is hot at a time.</summary>
    public const int OpenHandles = 4096;

    /// <summary>Chunk records in memory: about 300 bytes each without their sums.</summary>
    public const int CachedChunks = 65_536;

    /// <summary>Blocks whose sums are in memory, 68 bytes each: 32 MiB of them cover 31 GiB of hot data.</summary>
    public const int CachedBlocks = 500_000;

    /// <summary>Sum arrays kept for reuse per size class.</summary>
    public const int PooledSums = 1024;

    /// <summary>Dirty chunks above this number are sealed without waiting for their time.</summary>
    public const int DirtyChunks = 16_384;

    /// <summary>Chunks sealed one by one; a larger set is made durable with one syncfs(2).</summary>
    public const int SealSingly = 16;

    /// <summary>With so many chunks that a sync has failed for it is not their files, but the disk: the node stops serving.</summary>
    public const int FailedChunks = 64;

    /// <summary>A dirty chunk is sealed when it has not been written for this long …</summary>
    public const long SealQuietMs = 3_000;

    /// <summary>… or has been dirty for this long: bounds how much is unverified after a crash.</summary>
    public const long SealAgeMs = 30_000;

    /// <summary>How often the sealer looks.</summary>
    public const int SealIntervalMs = 1_000;

    /// <summary>Transfers above this size leave the thread that received the request: they would hold up all others on it.</summary>
    public const int InPlaceBytes = 128 * 1024;

    /// <summary>
    /// Writes from this size on are a stream's: the disk begins with them at once, beside the next ones, instead of when somebody syncs. Smaller ones may be written
    /// over or deleted before the kernel's time for them comes, and are better joined.
    /// </summary>
    public const int WritebackBytes = 512 * 1024;

    /// <summary>A chunk that grew by no more than this between two syncs is appended to as a log is: larger writes would only be written twice.</summary>
    public const uint AppendBytes = 32 * 1024;

    /// <summary>So many such syncs in a row before room is laid out behind the data: a file that is written and closed never gets there.</summary>
    public const int AppendsBeforeLayOut = 3;

    /// <summary>The room at first, and twice as much each time it is used up …</summary>
    public const uint FirstLayOutBytes = 64 * 1024;

    /// <summary>… up to this: one sync in 128 of 4 KiB each waits for it, about a millisecond.</summary>
    public const uint LastLayOutBytes = 512 * 1024;

    /// <summary>
    /// Pieces of which a chunk's record has the bytes that were appended inside them and are not on the disk for certain: 4 KiB each. One more costs a sync of the chunk, which a log that is not synced
    /// comes to after as many appends that cross the end of a piece.
    /// </summary>
    public const int Tails = 4;

    /// <summary>Most room laid out in all chunks: 500 logs at a time …</summary>
    public const ulong LaidOutBytes = 256UL << 20;

    /// <summary>… and this part of what is free on the disk.</summary>
    public const ulong LaidOutFraction = 64;

    /// <summary>Most bytes set aside of what no record knows …</summary>
    public const ulong SetAsideBytes = 1UL << 30;

    /// <summary>… and this part of what is free on the disk.</summary>
    public const ulong SetAsideFraction = 64;

    /// <summary>So long is it kept.</summary>
    public static readonly TimeSpan SetAsideTime = TimeSpan.FromDays(7);

    /// <summary>Threads for what waits for the data disk.</summary>
    public static readonly int IoThreads = Math.Clamp(Environment.ProcessorCount, 2, 16);

    /// <summary>Work waiting for those threads; the sum of what connections may hold is bounded by the RPC layer already.</summary>
    public const int QueuedWork = 65_536;
}
