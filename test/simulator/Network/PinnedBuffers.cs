using System.Numerics;

namespace SealFs.Simulator.Network;

/// <summary>Memory that pointers may point at, used again: pinned arrays are dear. What is given back is overwritten, so that whoever still reads it is found out.</summary>
internal sealed class PinnedBuffers
{
    private const int SmallestLog2 = 6;
    private const int Sizes = 20;

    /// <summary>Of each size: more than requests are open at once.</summary>
    private const int MostKept = 64;

    private const byte Overwritten = 0xDB;

    [ThreadStatic]
    private static PinnedBuffers? t_ofThread;

    private readonly Stack<byte[]>[] _free = [.. Enumerable.Range(0, Sizes).Select(static _ => new Stack<byte[]>())];

    /// <summary>A simulation has one thread, and a thread one simulation at a time.</summary>
    public static PinnedBuffers OfThread => t_ofThread ??= new PinnedBuffers();

    /// <summary>At least so long, with anything in it.</summary>
    public byte[] Rent(int bytes)
    {
        var log2 = Log2Of(bytes);
        return _free[log2 - SmallestLog2].TryPop(out var buffer) ? buffer : GC.AllocateUninitializedArray<byte>(1 << log2, pinned: true);
    }

    public void Return(byte[] buffer)
    {
        buffer.AsSpan().Fill(Overwritten);
        var free = _free[Log2Of(buffer.Length) - SmallestLog2];
        if (free.Count < MostKept)
            free.Push(buffer);
    }

    private static int Log2Of(int bytes) => Math.Max(SmallestLog2, 32 - BitOperations.LeadingZeroCount((uint)Math.Max(1, bytes) - 1));
}
