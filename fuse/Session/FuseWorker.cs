namespace SealFs.Fuse.Session;

/// <summary>What one worker thread holds: the buffer it reads into, and the request whose handler it runs.</summary>
internal sealed unsafe class FuseWorker(int index, BufferPool buffers)
{
    public int Index { get; } = index;

    public int ManagedThreadId { get; set; }

    /// <summary>Thread id of the kernel, for the signal that ends a blocking read.</summary>
    public int KernelThreadId { get; set; }

    public FuseRequest? Current { get; set; }

    /// <summary>What a predecessor had read and not answered: to be handled before anything else is read.</summary>
    public Queue<FuseRequest> Left { get; } = new();

    /// <summary>Null after a request took it.</summary>
    public byte* Buffer { get; private set; }

    /// <summary>Sees to it that there is a buffer to read into; waits while all are in use.</summary>
    public void EnsureBuffer()
    {
        if (Buffer == null) Buffer = buffers.Take();
    }

    /// <summary>The same without waiting; false while all are in use.</summary>
    public bool TryEnsureBuffer()
    {
        if (Buffer == null) Buffer = buffers.TryTake();
        return Buffer != null;
    }

    /// <summary>Hands the buffer to a request.</summary>
    public byte* ReleaseBuffer()
    {
        var buffer = Buffer;
        Buffer = null;
        return buffer == null ? buffers.Take() : buffer;
    }

    /// <summary>Gives the buffer back when the worker ends.</summary>
    public void ReturnBuffer()
    {
        if (Buffer != null) buffers.Return(Buffer);
        Buffer = null;
    }
}
