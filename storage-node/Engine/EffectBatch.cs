using System.Buffers.Binary;
using System.IO.Hashing;
using System.Runtime.InteropServices;

namespace SealFs.StorageNode.Engine;

/// <summary>
/// The effects of one mutation as a flat sequence of bytes in native memory. Applying it is deterministic, and it is what a replica will be sent.
/// The layout is that of RocksDB's write batch, so that it goes to the store in one call:
/// <code>
/// 0 u64 zero   8 u32 number of effects   then for each effect
///   put            tag 1, key, value        or  tag 5, table, key, value     when the table is not Metadata
///   delete         tag 0, key               or  tag 4, table, key
///   delete range   tag 15, from, end        or  tag 14, table, from, end
/// </code>
/// where tag is a byte, table a varint, and key, value, from and end are bytes behind a varint length.
/// </summary>
public sealed unsafe class EffectBatch : IDisposable
{
    private const int HeaderBytes = 12;
    private const int InitialBytes = 2048;
    private const int KeptBytes = 256 * 1024;

    private byte* _buffer;
    private int _capacity;
    private int _length;
    private Effect[] _effects = new Effect[16];

    public EffectBatch()
    {
        _buffer = (byte*)NativeMemory.Alloc(InitialBytes);
        _capacity = InitialBytes;
        Clear();
    }

    /// <summary>Number of effects.</summary>
    public int Count { get; private set; }

    public ReadOnlySpan<byte> Bytes => new(_buffer, _length);

    internal byte* Pointer => _buffer;

    public void Clear()
    {
        if (_capacity > KeptBytes)
            Resize(InitialBytes);
        if (_effects.Length > 4096)
            _effects = new Effect[16];
        new Span<byte>(_buffer, HeaderBytes).Clear();
        _length = HeaderBytes;
        Count = 0;
    }

    public void Put(Table table, ReadOnlySpan<byte> key, ReadOnlySpan<byte> value) => Add(EffectKind.Put, table, key, value);

    public void Delete(Table table, ReadOnlySpan<byte> key) => Add(EffectKind.Delete, table, key, default);

    /// <summary>Deletes the keys from <paramref name="from"/> on, below <paramref name="end"/>.</summary>
    public void DeleteRange(Table table, ReadOnlySpan<byte> from, ReadOnlySpan<byte> end) => Add(EffectKind.DeleteRange, table, from, end);

    /// <summary>
    /// Adds the effects of another batch, given by its <see cref="Bytes"/>, to be applied: what such a batch says of a key cannot be asked. Whoever got the bytes from elsewhere looks through
    /// them first (<see cref="EffectReader"/>).
    /// </summary>
    public void Append(ReadOnlySpan<byte> bytes)
    {
        var effects = bytes[HeaderBytes..];
        Reserve(effects.Length);
        effects.CopyTo(new Span<byte>(_buffer + _length, effects.Length));
        _length += effects.Length;
        Count += BinaryPrimitives.ReadInt32LittleEndian(bytes[8..]);
        BinaryPrimitives.WriteUInt32LittleEndian(new Span<byte>(_buffer + 8, 4), (uint)Count);
    }

    /// <summary>What the batch says of a key: nothing (false), or that it is gone (found false), or its value.</summary>
    public bool TryFind(Table table, ReadOnlySpan<byte> key, out bool found, out ReadOnlySpan<byte> value)
    {
        found = false;
        value = default;
        var hash = Hash(key);
        for (var index = Count - 1; index >= 0; index--)
        {
            ref readonly var effect = ref _effects[index];
            if (effect.Table != table)
                continue;
            if (effect.Kind == EffectKind.DeleteRange ? InRange(in effect, key) : effect.Hash == hash && Key(in effect).SequenceEqual(key))
            {
                found = effect.Kind == EffectKind.Put;
                value = found ? Value(in effect) : default;
                return true;
            }
        }

        return false;
    }

    public void Dispose()
    {
        Free();
        GC.SuppressFinalize(this);
    }

    ~EffectBatch() => Free();

    private void Free()
    {
        NativeMemory.Free(_buffer);
        _buffer = null;
        _capacity = 0;
    }

    private bool InRange(in Effect effect, ReadOnlySpan<byte> key) =>
        key.SequenceCompareTo(Key(in effect)) >= 0 && key.SequenceCompareTo(Value(in effect)) < 0;

    private void Add(EffectKind kind, Table table, ReadOnlySpan<byte> key, ReadOnlySpan<byte> value)
    {
        Reserve(key.Length + value.Length + 16);
        _buffer[_length++] = Tag(kind, table);
        if (table != Table.Metadata)
            _buffer[_length++] = (byte)table;
        var keyAt = AddBytes(key);
        var valueAt = kind == EffectKind.Delete ? _length : AddBytes(value);
        if (Count == _effects.Length)
            Array.Resize(ref _effects, Count * 2);
        _effects[Count++] = new Effect(kind, table, Hash(key), keyAt, key.Length, valueAt, value.Length);
        BinaryPrimitives.WriteUInt32LittleEndian(new Span<byte>(_buffer + 8, 4), (uint)Count);
    }

    private int AddBytes(ReadOnlySpan<byte> bytes)
    {
        var rest = (uint)bytes.Length;
        while (rest >= 0x80)
        {
            _buffer[_length++] = (byte)(rest | 0x80);
            rest >>= 7;
        }

        _buffer[_length++] = (byte)rest;
        var at = _length;
        bytes.CopyTo(new Span<byte>(_buffer + at, bytes.Length));
        _length += bytes.Length;
        return at;
    }

    private void Reserve(int bytes)
    {
        if (_length + bytes > _capacity)
            Resize(checked(Math.Max(_capacity * 2, _length + bytes)));
    }

    private void Resize(int bytes)
    {
        _buffer = (byte*)NativeMemory.Realloc(_buffer, (nuint)bytes);
        _capacity = bytes;
    }

    private ReadOnlySpan<byte> Key(in Effect effect) => new(_buffer + effect.KeyAt, effect.KeyLength);

    private ReadOnlySpan<byte> Value(in Effect effect) => new(_buffer + effect.ValueAt, effect.ValueLength);

    private static uint Hash(ReadOnlySpan<byte> key) => (uint)XxHash3.HashToUInt64(key);

    private static byte Tag(EffectKind kind, Table table) => (kind, table == Table.Metadata) switch
    {
        (EffectKind.Put, true) => 1,
        (EffectKind.Put, false) => 5,
        (EffectKind.Delete, true) => 0,
        (EffectKind.Delete, false) => 4,
        (_, true) => 15,
        (_, false) => 14,
    };

    /// <summary>Where an effect lies in the buffer. Of a range, the value is the end.</summary>
    private readonly record struct Effect(EffectKind Kind, Table Table, uint Hash, int KeyAt, int KeyLength, int ValueAt, int ValueLength);
}
