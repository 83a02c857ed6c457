using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace SealFs.Fuse.MemoryFs;

/// <summary>Names are bytes; a lookup goes by a span, without an allocation.</summary>
internal sealed class NameComparer : IEqualityComparer<byte[]>, IAlternateEqualityComparer<ReadOnlySpan<byte>, byte[]>
{
    public static readonly NameComparer Instance = new();

    public bool Equals(byte[]? x, byte[]? y) => x.AsSpan().SequenceEqual(y);

    public int GetHashCode(byte[] name) => GetHashCode(name.AsSpan());

    public bool Equals(ReadOnlySpan<byte> alternate, byte[] other) => alternate.SequenceEqual(other);

    public byte[] Create(ReadOnlySpan<byte> alternate) => alternate.ToArray();

    /// <summary>Eight bytes a step; only this process ever sees the value.</summary>
    public int GetHashCode(ReadOnlySpan<byte> name)
    {
        const ulong multiplier = 0x9E3779B97F4A7C15;
        var hash = (ulong)name.Length * multiplier;
        ref var start = ref MemoryMarshal.GetReference(name);
        var i = 0;
        for (; i + 8 <= name.Length; i += 8) hash = Mix(hash ^ Unsafe.ReadUnaligned<ulong>(ref Unsafe.Add(ref start, i)));
        ulong tail = 0;
        for (; i < name.Length; i++) tail = (tail << 8) | name[i];
        hash = Mix(hash ^ tail);
        return (int)(hash >> 32);

        static ulong Mix(ulong value) => (value ^ (value >> 29)) * multiplier;
    }
}
