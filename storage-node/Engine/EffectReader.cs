using System.Buffers.Binary;

namespace SealFs.StorageNode.Engine;

public enum EffectKind : byte
{
    Put,
    Delete,
    DeleteRange,
}

/// <summary>Walks the effects in the bytes of an <see cref="EffectBatch"/>. Bytes that are none end the walk with <see cref="Failed"/>.</summary>
public ref struct EffectReader(ReadOnlySpan<byte> batch)
{
    private const int CountAt = 8;
    private const int HeaderBytes = 12;

    private readonly uint _count = batch.Length >= HeaderBytes ? BinaryPrimitives.ReadUInt32LittleEndian(batch[CountAt..]) : 0;
    private ReadOnlySpan<byte> _rest = batch.Length >= HeaderBytes ? batch[HeaderBytes..] : default;
    private uint _read;

    public EffectKind Kind { get; private set; }

    public Table Table { get; private set; }

    /// <summary>Of a range, where it begins.</summary>
    public ReadOnlySpan<byte> Key { get; private set; }

    /// <summary>Of a range, where it ends.</summary>
    public ReadOnlySpan<byte> Value { get; private set; }

    public bool Failed { get; private set; } = batch.Length < HeaderBytes;

    public bool MoveNext()
    {
        if (Failed)
            return false;
        if (_read == _count)
        {
            Failed = !_rest.IsEmpty;
            return false;
        }

        _read++;
        if (!ReadTag())
            return Fail();
        if (!ReadBytes(out var key))
            return Fail();
        Key = key;
        Value = default;
        if (Kind == EffectKind.Delete)
            return true;
        if (!ReadBytes(out var value))
            return Fail();
        Value = value;
        return true;
    }

    private bool ReadTag()
    {
        if (_rest.IsEmpty)
            return false;
        var tag = _rest[0];
        _rest = _rest[1..];
        (Kind, var named) = tag switch
        {
            1 => (EffectKind.Put, false),
            5 => (EffectKind.Put, true),
            0 => (EffectKind.Delete, false),
            4 => (EffectKind.Delete, true),
            15 => (EffectKind.DeleteRange, false),
            14 => (EffectKind.DeleteRange, true),
            _ => ((EffectKind)byte.MaxValue, false),
        };
        if (!Enum.IsDefined(Kind) || (named && _rest.IsEmpty))
            return false;
        Table = Table.Metadata;
        if (!named)
            return true;
        Table = (Table)_rest[0];
        _rest = _rest[1..];
        return Enum.IsDefined(Table);
    }

    private bool ReadBytes(out ReadOnlySpan<byte> bytes)
    {
        bytes = default;
        ulong length = 0;
        for (var shift = 0; ; shift += 7)
        {
            if (_rest.IsEmpty || shift > 28)
                return false;
            var next = _rest[0];
            _rest = _rest[1..];
            length |= (ulong)(next & 0x7F) << shift;
            if (next < 0x80)
                break;
        }

        if (length > (ulong)_rest.Length)
            return false;
        bytes = _rest[..(int)length];
        _rest = _rest[(int)length..];
        return true;
    }

    private bool Fail()
    {
        Failed = true;
        return false;
    }
}
