using System.Buffers.Binary;
using SealFs.Core.Wire;

namespace SealFs.Core.Rpc;

/// <summary>
/// Fills the body of a compound frame: operations on one shard, executed in order as one mutation; the frame's payload is theirs in common. The answer of a
/// success has the same layout: for each operation its opcode, and the body of its answer.
/// <code>
/// each operation:
///  0 u16 opcode
///  2 u16 reserved, zero
///  4 u32 body length
///  8 body
/// </code>
/// </summary>
public ref struct CompoundWriter(Span<byte> target)
{
    public const int OperationHeadBytes = 8;

    private readonly Span<byte> _target = target;

    /// <summary>Bytes written: the body of the frame.</summary>
    public int Length { get; private set; }

    public int Count { get; private set; }

    public readonly ReadOnlySpan<byte> Body => _target[..Length];

    /// <summary>Appends an operation; false when there is no room left, and nothing was written.</summary>
    public bool TryAdd<T>(Opcode opcode, in T body)
        where T : struct, IWireMessage<T>, allows ref struct
    {
        if (!TryBegin(opcode, body.Size, out var target))
            return false;
        var writer = new WireWriter(target);
        body.Write(ref writer);
        return true;
    }

    /// <summary>As above, with a body that is encoded already.</summary>
    public bool TryAdd(Opcode opcode, ReadOnlySpan<byte> body)
    {
        if (!TryBegin(opcode, body.Length, out var target))
            return false;
        body.CopyTo(target);
        return true;
    }

    private bool TryBegin(Opcode opcode, int size, out Span<byte> body)
    {
        body = default;
        if (_target.Length - Length < OperationHeadBytes + size)
            return false;
        var at = _target.Slice(Length, OperationHeadBytes + size);
        BinaryPrimitives.WriteUInt16LittleEndian(at, (ushort)opcode);
        BinaryPrimitives.WriteUInt16LittleEndian(at[2..], 0);
        BinaryPrimitives.WriteUInt32LittleEndian(at[4..], (uint)size);
        body = at[OperationHeadBytes..];
        Length += at.Length;
        Count++;
        return true;
    }
}
