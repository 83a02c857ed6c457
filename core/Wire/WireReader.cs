using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace SealFs.Core.Wire;

/// <summary>
/// Reads little-endian fields. Running past the end yields zeros and sets <see cref="Failed"/>, so that a message checks once, at its end.
/// </summary>
public ref struct WireReader(ReadOnlySpan<byte> source)
{
    private readonly ReadOnlySpan<byte> _source = source;

    public int Position { get; private set; }

    public bool Failed { get; private set; }

    public readonly int Remaining => _source.Length - Position;

    /// <summary>True when every field was there and nothing is left over.</summary>
    public readonly bool Complete => !Failed && Remaining == 0;

    public byte U8() => Take<byte>();

    public bool Bool()
    {
        var value = U8();
        Failed |= value > 1;
        return value == 1;
    }

    public ushort U16() => Take<ushort>();

    public uint U32() => Take<uint>();

    public ulong U64() => Take<ulong>();

    public int I32() => Take<int>();

    public long I64() => Take<long>();

    public InodeId Inode() => new(U64());

    public ReadOnlySpan<byte> Raw(int length)
    {
        if ((uint)length > (uint)Remaining)
        {
            Failed = true;
            Position = _source.Length;
            return default;
        }

        var value = _source.Slice(Position, length);
        Position += length;
        return value;
    }

    public ReadOnlySpan<byte> Bytes16() => Raw(U16());

    public ReadOnlySpan<byte> Rest() => Raw(Remaining);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private T Take<T>()
        where T : unmanaged
    {
        if (Unsafe.SizeOf<T>() > Remaining)
        {
            Failed = true;
            Position = _source.Length;
            return default;
        }

        var value = MemoryMarshal.Read<T>(_source[Position..]);
        Position += Unsafe.SizeOf<T>();
        return value;
    }
}
