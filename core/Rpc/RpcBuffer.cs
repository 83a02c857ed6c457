using System.Runtime.InteropServices;

namespace SealFs.Core.Rpc;

/// <summary>
/// Page-aligned native memory, counted references, from a pool of the process. Starts with one reference; whoever drops the last one
/// gives it back. <see cref="Start"/> and <see cref="Length"/> say which part holds content where a buffer is handed on as a payload.
/// </summary>
public sealed unsafe class RpcBuffer : IDisposable
{
    private readonly int _sizeClass;
    private int _references;

    internal RpcBuffer(int sizeClass)
    {
        _sizeClass = sizeClass;
        Capacity = RpcBufferPool.ClassBytes(sizeClass);
        Address = (byte*)NativeMemory.AlignedAlloc((nuint)Capacity, (nuint)Math.Min(Capacity, Environment.SystemPageSize));
    }

    /// <summary>Native memory of all buffers that are in use anywhere in the process, bytes.</summary>
    public static long UsedBytes => RpcBufferPool.UsedBytes;

    public byte* Address { get; }

    public int Capacity { get; }

    /// <summary>Where the content starts; a read for O_DIRECT may have to begin before what was asked for.</summary>
    public int Start { get; private set; }

    /// <summary>Bytes of content.</summary>
    public int Length { get; private set; }

    public Span<byte> Span => new(Address + Start, Length);

    internal int References => Volatile.Read(ref _references);

    /// <summary>A buffer with room for at least so many bytes, whose content is the first of them (undefined until written).</summary>
    public static RpcBuffer Rent(int bytes) => RpcBufferPool.Rent(bytes);

    public void SetContent(int start, int length)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(start);
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(start + (long)length, Capacity);
        Start = start;
        Length = length;
    }

    public void AddReference() => Interlocked.Increment(ref _references);

    /// <summary>Drops one reference.</summary>
    public void Dispose()
    {
        var left = Interlocked.Decrement(ref _references);
        if (left == 0)
            RpcBufferPool.Return(this, _sizeClass);
        else if (left < 0)
            throw new InvalidOperationException("a buffer was released more often than it was taken");
    }

    internal void Reset(int length)
    {
        _references = 1;
        Start = 0;
        Length = length;
    }

    internal void Free() => NativeMemory.AlignedFree(Address);
}
