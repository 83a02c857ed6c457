using System.Buffers.Binary;
using SealFs.Core.Wire;

namespace SealFs.Core.Rpc;

/// <summary>Walks through the operations of a compound body, see <see cref="CompoundWriter"/> for the layout. Never throws on what it reads.</summary>
public ref struct CompoundReader(ReadOnlySpan<byte> body)
{
    private ReadOnlySpan<byte> _rest = body;

    /// <summary>The operation that <see cref="MoveNext"/> found.</summary>
    public Opcode Opcode { get; private set; }

    public ReadOnlySpan<byte> Body { get; private set; }

    /// <summary>Bytes behind the current operation.</summary>
    public readonly int RestBytes => _rest.Length;

    /// <summary>The body ended in the middle of an operation, or a reserved field was not zero.</summary>
    public bool Malformed { get; private set; }

    /// <summary>False at the end, and when the body is malformed.</summary>
    public bool MoveNext()
    {
        if (_rest.IsEmpty || Malformed)
            return false;
        if (_rest.Length < CompoundWriter.OperationHeadBytes)
            return Fail();
        var length = BinaryPrimitives.ReadUInt32LittleEndian(_rest[4..]);
        if (BinaryPrimitives.ReadUInt16LittleEndian(_rest[2..]) != 0 || length > (uint)(_rest.Length - CompoundWriter.OperationHeadBytes))
            return Fail();
        Opcode = (Opcode)BinaryPrimitives.ReadUInt16LittleEndian(_rest);
        Body = _rest.Slice(CompoundWriter.OperationHeadBytes, (int)length);
        _rest = _rest[(CompoundWriter.OperationHeadBytes + (int)length)..];
        return true;
    }

    /// <summary>Decodes the body of the current operation; false when it is malformed.</summary>
    public readonly bool TryRead<T>(out T message)
        where T : struct, IWireMessage<T>, allows ref struct => WireBody.TryRead(Body, out message);

    private bool Fail()
    {
        Malformed = true;
        return false;
    }
}
