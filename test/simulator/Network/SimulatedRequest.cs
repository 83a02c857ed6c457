using System.Runtime.InteropServices;
using SealFs.Core;
using SealFs.Core.Wire;
using SealFs.StorageNode.Shards;

namespace SealFs.Simulator.Network;

/// <summary>A frame as the node's handlers see it: with its answer, all of it is gone.</summary>
internal sealed unsafe class SimulatedRequest : IRequestSource
{
    private readonly SimulatedConnection _connection;
    private readonly SimulatedFrame _frame;
    private readonly byte[] _memory;
    private FrameHeader _header;
    private byte[]? _rented;
    private bool _isAnswered;

    public SimulatedRequest(SimulatedConnection connection, SimulatedFrame frame)
    {
        _connection = connection;
        _frame = frame;
        _header = frame.Header;
        _memory = PinnedBuffers.OfThread.Rent(frame.Body.Length + frame.Payload.Length);
        frame.Body.CopyTo(_memory, 0);
        frame.Payload.CopyTo(_memory, frame.Body.Length);
    }

    public ref readonly FrameHeader Header => ref _header;

    public ReadOnlySpan<byte> Body => _memory.AsSpan(0, _frame.Body.Length);

    public byte* Payload => (byte*)Marshal.UnsafeAddrOfPinnedArrayElement(_memory, 0) + _frame.Body.Length;

    public int PayloadLength => _frame.Payload.Length;

    public WriteVerifier Verifier { get; set; }

    public void Reply(Errno status, ReadOnlySpan<byte> body, ReadOnlySpan<byte> payload) => Answer(status, body.ToArray(), payload.ToArray());

    public byte* RentPayload(int capacityBytes)
    {
        _rented = PinnedBuffers.OfThread.Rent(capacityBytes);
        return (byte*)Marshal.UnsafeAddrOfPinnedArrayElement(_rented, 0);
    }

    public void ReplyRented(Errno status, ReadOnlySpan<byte> body, int payloadLength) => Answer(status, body.ToArray(), _rented.AsSpan(0, payloadLength).ToArray());

    private void Answer(Errno status, byte[] body, byte[] payload)
    {
        if (_isAnswered)
            throw new InvalidOperationException($"{_frame.Header.Opcode} was answered twice");
        _isAnswered = true;
        _connection.Answer(_frame, status, body, payload, Verifier);
        _header = default;
        PinnedBuffers.OfThread.Return(_memory);
        if (_rented is not null)
            PinnedBuffers.OfThread.Return(_rented);
    }
}
