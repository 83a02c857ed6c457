using System.Runtime.InteropServices;
using SealFs.Core;
using SealFs.Core.Wire;
using SealFs.StorageNode.Shards;

namespace SealFs.Simulator.Network;

/// <summary>A frame as the node's handlers see it.</summary>
internal sealed unsafe class SimulatedRequest : IRequestSource
{
    private readonly SimulatedConnection _connection;
    private readonly SimulatedFrame _frame;
    private readonly FrameHeader _header;
    private byte[]? _rented;
    private bool _isAnswered;

    public SimulatedRequest(SimulatedConnection connection, SimulatedFrame frame)
    {
        _connection = connection;
        _frame = frame;
        _header = frame.Header;
        _payload = Pinned(frame.Payload.Length);
        frame.Payload.CopyTo(_payload, 0);
    }

    private readonly byte[] _payload;

    public ref readonly FrameHeader Header => ref _header;

    public ReadOnlySpan<byte> Body => _frame.Body;

    public byte* Payload => (byte*)Marshal.UnsafeAddrOfPinnedArrayElement(_payload, 0);

    public int PayloadLength => _frame.Payload.Length;

    public void Reply(Errno status, ReadOnlySpan<byte> body, ReadOnlySpan<byte> payload) => Answer(status, body.ToArray(), payload.ToArray());

    public byte* RentPayload(int capacityBytes)
    {
        _rented = Pinned(capacityBytes);
        return (byte*)Marshal.UnsafeAddrOfPinnedArrayElement(_rented, 0);
    }

    public void ReplyRented(Errno status, ReadOnlySpan<byte> body, int payloadLength) => Answer(status, body.ToArray(), _rented.AsSpan(0, payloadLength).ToArray());

    private static byte[] Pinned(int length) => GC.AllocateArray<byte>(Math.Max(1, length), pinned: true);

    private void Answer(Errno status, byte[] body, byte[] payload)
    {
        if (_isAnswered)
            throw new InvalidOperationException($"{_header.Opcode} was answered twice");
        _isAnswered = true;
        _connection.Answer(_frame, status, body, payload);
    }
}
