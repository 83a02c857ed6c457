namespace SealFs.Fuse.Session;

/// <summary>
/// A <see cref="FuseRequestMemory"/>, mapped. A message is here from the moment when the kernel hands it over, because the kernel itself writes it here, until its place is
/// used again, which is after its answer; so nothing has to be noted for a successor. Whether a message was answered is the kernel's to say.
/// </summary>
internal sealed unsafe class SharedRequestMemory : RequestMemory
{
    private const int RegionsOffset = 64;
    private const int BuffersOffset = 68;

    private readonly byte* _memory;

    /// <exception cref="InvalidDataException">It was left by another version, or by a session with other limits.</exception>
    public SharedRequestMemory(FuseRequestMemory memory, RequestLayout layout, IFuseObserver? observer)
        : base(layout, observer)
    {
        _memory = LockedMemory.Map(memory.Descriptor, memory.OffsetBytes, layout.TotalBytes);
        Identify();
    }

    public override bool Outlives => true;

    public override int RegionsInUse => *(int*)(_memory + RegionsOffset);

    public override int BuffersInUse => *(int*)(_memory + BuffersOffset);

    public override byte* MakeRegion(int index)
    {
        NoteInUse(RegionsOffset, index + 1);
        return Resident(RequestLayout.OffsetOfRegion(index), RequestLayout.RegionBytes);
    }

    public override byte* MakeBuffer(int index)
    {
        NoteInUse(BuffersOffset, index + 1);
        return Resident(Layout.OffsetOfBuffer(index), Layout.BufferBytes);
    }

    public override void FreeRegion(byte* region)
    {
        // It goes with the whole mapping.
    }

    public override void FreeBuffer(byte* buffer)
    {
        // As above.
    }

    public override void Dispose()
    {
        base.Dispose();
        LockedMemory.Unmap(_memory, Layout.TotalBytes);
    }

    private byte* Resident(long offset, int sizeBytes)
    {
        LockedMemory.MakeResident(_memory + offset, sizeBytes, Observer);
        return _memory + offset;
    }

    private void NoteInUse(int offset, int count)
    {
        ref var noted = ref *(int*)(_memory + offset);
        if (count > noted) Volatile.Write(ref noted, count);
    }

    private void Identify()
    {
        var head = (uint*)_memory;
        if (*(ulong*)_memory == 0)
        {
            head[2] = RequestLayout.FormatVersion;
            head[3] = (uint)Layout.Slots;
            head[4] = (uint)Layout.Buffers;
            head[5] = (uint)Layout.BufferBytes;
            Volatile.Write(ref *(ulong*)_memory, RequestLayout.Magic);
            return;
        }
        if (*(ulong*)_memory == RequestLayout.Magic && head[2] == RequestLayout.FormatVersion && head[3] == Layout.Slots && head[4] == Layout.Buffers
            && head[5] == Layout.BufferBytes && RegionsInUse <= Layout.Regions && BuffersInUse <= Layout.Buffers) return;
        Dispose();
        throw new InvalidDataException("The memory of requests was left by another version or has another size.");
    }
}
