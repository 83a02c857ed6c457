using System.Buffers;
using System.Runtime.CompilerServices;

namespace SealFs.Core.Rpc;

/// <summary>
/// The raw bytes of a request, borrowed until the call completes: native memory, up to two pieces, or managed memory, which is copied
/// when the frame is queued. Usually the bytes have left this memory when CallAsync returns; they have not where the call has to wait
/// for a connection or for room.
/// </summary>
public readonly unsafe struct Payload
{
    private readonly ReadOnlyMemory<byte> _managed;
    private readonly nint _first;
    private readonly nint _second;
    private readonly int _firstLength;
    private readonly int _secondLength;

    public Payload(nint address, int length)
        : this(address, length, 0, 0)
    {
    }

    public Payload(nint first, int firstLength, nint second, int secondLength)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(firstLength);
        ArgumentOutOfRangeException.ThrowIfNegative(secondLength);
        _first = first;
        _firstLength = firstLength;
        _second = second;
        _secondLength = secondLength;
    }

    public Payload(ReadOnlyMemory<byte> managed) => _managed = managed;

    public int Length => checked(_managed.Length + _firstLength + _secondLength);

    /// <summary>It can be lent to the socket as it is: native memory does not move.</summary>
    internal bool IsNative => _managed.IsEmpty;

    internal void CopyTo(SendQueue queue)
    {
        if (_managed.IsEmpty)
        {
            queue.Append((byte*)_first, _firstLength);
            queue.Append((byte*)_second, _secondLength);
            return;
        }

        _managed.Span.CopyTo(queue.Reserve(_managed.Length));
        queue.Commit(_managed.Length);
    }

    internal void LendTo(SendQueue queue)
    {
        queue.AppendBorrowed((byte*)_first, _firstLength);
        queue.AppendBorrowed((byte*)_second, _secondLength);
    }

    internal RpcBuffer Copy()
    {
        var buffer = RpcBuffer.Rent(Length);
        _managed.Span.CopyTo(buffer.Span);
        Unsafe.CopyBlockUnaligned(buffer.Address + _managed.Length, (byte*)_first, (uint)_firstLength);
        Unsafe.CopyBlockUnaligned(buffer.Address + _managed.Length + _firstLength, (byte*)_second, (uint)_secondLength);
        return buffer;
    }
}
