using System.Numerics;

namespace SealFs.Core.Rpc;

/// <summary>Keeps released buffers, by powers of two from 4 KiB to 8 MiB. Taken per slab and per large payload, never per small request.</summary>
internal static class RpcBufferPool
{
    private const int SmallestBits = 12;
    private const int LargestBits = 23;

    private static readonly SizeClass[] s_classes = [.. Enumerable.Range(0, LargestBits - SmallestBits + 1).Select(index => new SizeClass(index))];

    private static long s_usedBytes;

    /// <summary>Bytes of buffers that were taken and not given back.</summary>
    public static long UsedBytes => Volatile.Read(ref s_usedBytes);

    public static int ClassBytes(int sizeClass) => 1 << (sizeClass + SmallestBits);

    public static RpcBuffer Rent(int bytes)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(bytes);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(bytes, 1 << LargestBits);
        var bits = Math.Max(SmallestBits, BitOperations.Log2((uint)Math.Max(bytes, 1) - 1) + 1);
        var buffer = s_classes[bits - SmallestBits].Take();
        Interlocked.Add(ref s_usedBytes, 1L << bits);
        buffer.Reset(bytes);
        return buffer;
    }

    public static void Return(RpcBuffer buffer, int sizeClass)
    {
        Interlocked.Add(ref s_usedBytes, -ClassBytes(sizeClass));
        if (!s_classes[sizeClass].Keep(buffer))
            buffer.Free();
    }

    private sealed class SizeClass(int index)
    {
        private readonly Lock _gate = new();
        private readonly RpcBuffer?[] _free = new RpcBuffer?[Math.Max(2, RpcLimits.PooledBytesPerClass >> (index + SmallestBits))];
        private int _count;

        public RpcBuffer Take()
        {
            lock (_gate)
            {
                if (_count > 0)
                    return _free[--_count]!;
            }

            return new RpcBuffer(index);
        }

        public bool Keep(RpcBuffer buffer)
        {
            lock (_gate)
            {
                if (_count == _free.Length)
                    return false;
                _free[_count++] = buffer;
                return true;
            }
        }
    }
}
