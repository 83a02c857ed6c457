namespace SealFs.Fuse.Session;

/// <summary>Where the messages of a session lie: in memory of its own, or in memory that outlives it (<see cref="SharedRequestMemory"/>).</summary>
internal unsafe class RequestMemory(RequestLayout layout, IFuseObserver? observer) : IDisposable
{
    public RequestLayout Layout => layout;

    /// <summary>A successor can read what lies here.</summary>
    public virtual bool Outlives => false;

    /// <summary>Regions of slots that this session and those before it have used.</summary>
    public virtual int RegionsInUse => 0;

    /// <summary>The same for large buffers.</summary>
    public virtual int BuffersInUse => 0;

    protected IFuseObserver? Observer => observer;

    /// <summary>Makes a region of slots resident.</summary>
    public virtual byte* MakeRegion(int index) => LockedMemory.Allocate(RequestLayout.RegionBytes, observer);

    /// <summary>Makes a large buffer resident.</summary>
    public virtual byte* MakeBuffer(int index) => LockedMemory.Allocate(layout.BufferBytes, observer);

    public virtual void FreeRegion(byte* region) => LockedMemory.Free(region, RequestLayout.RegionBytes);

    public virtual void FreeBuffer(byte* buffer) => LockedMemory.Free(buffer, layout.BufferBytes);

    public virtual void Dispose()
    {
    }
}
