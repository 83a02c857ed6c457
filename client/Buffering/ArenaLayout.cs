namespace SealFs.Client.Buffering;

/// <summary>
/// Where things stand in the memory that outlives a worker. Little-endian; every part starts on a page.
/// <code>
/// header   page 0: 0 u64 magic   8 u32 format version   12 u32 files   16 u32 units   24 u64 session   64 u64 last open stamp   128 u64 last order   192 u64 last handle
/// files    128 bytes each, see FileRecord
/// counted  8 bytes each: numbers of kernel requests that opened or released a file and were counted, each where its hash says
/// cursors  16 bytes each, see ErrorCursor
/// unsynced 32 bytes each, see UnsyncedRecord
/// extents  64 bytes for each unit, see ExtentHeader; the first unit of an extent has the one that counts
/// data     64 KiB for each unit
/// </code>
/// </summary>
internal readonly record struct ArenaLayout(int Files, int Units)
{
    public const ulong Magic = 0x314E_5241_4C41_4553; // "SEALARN1"
    public const uint FormatVersion = 4;
    public const int PageBytes = 4096;
    public const int SessionOffset = 24;
    public const int StampOffset = 64;
    public const int OrderOffset = 128;
    public const int HandleOffset = 192;

    public static ArenaLayout For(long writeBufferBytes) =>
        new(Limits.FileRecords, (int)Math.Clamp(writeBufferBytes / Limits.BufferUnitBytes, Limits.ExtentBytes / Limits.BufferUnitBytes * 2, int.MaxValue / 64));

    public long FilesOffset => PageBytes;

    public long CountedOffset => FilesOffset + AlignUp((long)Files * FileRecord.Size);

    public long CursorsOffset => CountedOffset + AlignUp(Limits.CountedRequests * sizeof(ulong));

    public long UnsyncedOffset => CursorsOffset + AlignUp(Limits.ErrorCursors * ErrorCursor.Size);

    public long ExtentsOffset => UnsyncedOffset + AlignUp(Limits.UnsyncedRecords * UnsyncedRecord.Size);

    public long DataOffset => ExtentsOffset + AlignUp((long)Units * ExtentHeader.Size);

    public long TotalBytes => DataOffset + (long)Units * Limits.BufferUnitBytes;

    private static long AlignUp(long bytes) => (bytes + PageBytes - 1) & ~(PageBytes - 1L);
}
