namespace SealFs.Fuse.Session;

/// <summary>
/// Where things stand in a <see cref="FuseRequestMemory"/>. Numbers in the order of the machine; every part starts on a page.
/// <code>
/// header   page 0: 0 u64 magic   8 u32 format version   12 u32 slots   16 u32 buffers   20 u32 buffer bytes   64 u32 slot regions in use   68 u32 buffers in use
/// slots    2 KiB each, in regions of 64: a small message at the start, as it was read
/// buffers  buffer bytes each, rounded up to pages: what the kernel wrote into it, as long as it was not copied to a slot
/// </code>
/// </summary>
internal readonly record struct RequestLayout(int Slots, int Buffers, int BufferBytes)
{
    public const ulong Magic = 0x3151_4552_4C41_4553; // "SEALREQ1"
    public const uint FormatVersion = 1;
    public const int PageBytes = 4096;
    public const int RegionBytes = Limits.SlotsPerRegion * Limits.RequestSlotBytes;

    public int Regions => (Slots + Limits.SlotsPerRegion - 1) / Limits.SlotsPerRegion;

    public long TotalBytes => OffsetOfBuffer(Buffers);

    public static long OffsetOfRegion(int index) => PageBytes + (long)index * RegionBytes;

    public long OffsetOfBuffer(int index) => OffsetOfRegion(Regions) + (long)index * ((BufferBytes + PageBytes - 1) & ~(PageBytes - 1));
}
