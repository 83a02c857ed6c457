using System.Runtime.InteropServices;
using SealFs.StorageNode.Engine;

namespace SealFs.Simulator.Storage;

/// <summary>
/// Values where a pointer may point at them. They are held for the length of a function, a few at once, so the memory comes round again long after they were given back.
/// </summary>
internal sealed class LentValues
{
    private const int Bytes = 1 << 20;

    [ThreadStatic]
    private static LentValues? t_ofThread;

    private readonly byte[] _memory = GC.AllocateArray<byte>(Bytes, pinned: true);
    private int _next;

    /// <summary>A simulation has one thread, and a thread one simulation at a time.</summary>
    public static LentValues OfThread => t_ofThread ??= new LentValues();

    public unsafe PinnedValue Lend(ReadOnlySpan<byte> value)
    {
        if (_next + value.Length >= Bytes)
            _next = 0;
        var at = _next;
        value.CopyTo(_memory.AsSpan(at));
        _next += value.Length;
        return new PinnedValue((byte*)Marshal.UnsafeAddrOfPinnedArrayElement(_memory, at), value.Length, 0);
    }
}
