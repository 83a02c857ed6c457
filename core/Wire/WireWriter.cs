using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace SealFs.Core.Wire;

/// <summary>Writes little-endian fields one after the other into a buffer that is known to be large enough.</summary>
public ref struct WireWriter(Span<byte> target)
{
    private readonly Span<byte> _target = target;

    public int Position { get; private set; }

    public void U8(byte value) => _target[Position++] = value;

    public void Bool(bool value) => U8(value ? (byte)1 : (byte)0);

    public void U16(ushort value) => Put(value);

    public void U32(uint value) => Put(value);

    public void U64(ulong value) => Put(value);

    public void I32(int value) => Put(value);

    public void I64(long value) => Put(value);

    public void Inode(InodeId value) => Put(value.Value);

    /// <summary>Bytes without a length in front.</summary>
    public void Raw(ReadOnlySpan<byte> value)
    {
        value.CopyTo(_target[Position..]);
        Position += value.Length;
    }

    /// <summary>Bytes behind a u16 length.</summary>
    public void Bytes16(ReadOnlySpan<byte> value)
    {
        U16(checked((ushort)value.Length));
        Raw(value);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Put<T>(T value)
        where T : unmanaged
    {
        // Little-endian hosts only: the process refuses to start elsewhere (x86-64 and arm64 are what .NET runs on here).
        MemoryMarshal.Write(_target[Position..], in value);
        Position += Unsafe.SizeOf<T>();
    }
}
