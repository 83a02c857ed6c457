using System.Runtime.CompilerServices;
using SealFs.Core.Wire;

namespace SealFs.Core.Rpc;

/// <summary>
/// Cuts a byte stream into frames. Small frames are parsed in place inside a slab that is shared by counting references; the payload of
/// a large one is received straight into its destination, page-aligned, except for the part that had come with the header already.
/// Used by one thread at a time: <see cref="Target"/>, recv, <see cref="Received"/>, again.
/// </summary>
internal sealed unsafe class FrameReceiver(IFrameSink sink) : IDisposable
{
    private RpcBuffer? _slab;
    private int _start;
    private int _end;

    private bool _inLarge;
    private FrameHeader _large;
    private RpcBuffer? _largeBuffer;
    private byte* _body;
    private byte* _payload;
    private int _bodyReceived;
    private int _payloadReceived;

    /// <summary>A large frame has begun and is not complete: its memory is taken.</summary>
    public bool IsInLarge => _inLarge;

    /// <summary>Bytes of memory that are taken for what is being received.</summary>
    public long TakenBytes => (_slab?.Capacity ?? 0) + (_largeBuffer?.Capacity ?? 0);

    /// <summary>Where the next bytes go, and how many at most.</summary>
    public int Target(out byte* target)
    {
        if (_inLarge)
        {
            if (_bodyReceived < _large.BodyLength)
            {
                target = _body + _bodyReceived;
                return (int)_large.BodyLength - _bodyReceived;
            }

            target = _payload + _payloadReceived;
            return (int)_large.PayloadLength - _payloadReceived;
        }

        var wanted = sink.SlabBytes;
        _slab ??= RpcBuffer.Rent(wanted);
        if (_start == _end && _slab.References == 1)
            _start = _end = 0;
        if (_slab.Capacity < wanted || _slab.Capacity - _start < Math.Min(RpcLimits.SmallFrameBytes, wanted) || _slab.Capacity == _end)
            Relocate(wanted);
        target = _slab.Address + _end;
        return Math.Min(_slab.Capacity - _end, RpcLimits.ReceiveBytes);
    }

    /// <summary>Takes in what recv brought and hands every complete frame to the sink. Returns the reason when the stream is malformed.</summary>
    public string? Received(int bytes)
    {
        if (!_inLarge)
        {
            _end += bytes;
            return Parse();
        }

        if (_bodyReceived < _large.BodyLength)
            _bodyReceived += bytes;
        else
            _payloadReceived += bytes;
        if (!LargeIsComplete())
            return null;
        FinishLarge();
        return Parse();
    }

    /// <summary>Goes on with what was left lying when the sink asked for a pause.</summary>
    public string? Parse()
    {
        while (!_inLarge && _end - _start >= FrameHeader.Size && !sink.Paused)
        {
            var at = _slab!.Address + _start;
            var header = FrameHeader.Read(new ReadOnlySpan<byte>(at, FrameHeader.Size));
            if ((FrameRules.Judge(in header) ?? sink.Admit(in header)) is { } reason)
                return reason;

            if (header.Length > RpcLimits.SmallFrameBytes)
            {
                if (!sink.MayTake(in header))
                    break;
                BeginLarge(in header);
                continue;
            }

            if (_end - _start < (int)header.Length)
                break;
            var body = at + FrameHeader.Size;
            _start += (int)header.Length;
            sink.OnFrame(in header, _slab, body, body + header.BodyLength);
        }

        return null;
    }

    /// <summary>Gives the slab back while nothing is in it: an idle connection needs none.</summary>
    public void Shrink()
    {
        if (_slab is null || _inLarge || _start != _end || _slab.References != 1)
            return;
        _slab.Dispose();
        _slab = null;
        _start = _end = 0;
    }

    public void Dispose()
    {
        _slab?.Dispose();
        _slab = null;
        _start = _end = 0;
        _largeBuffer?.Dispose();
        _largeBuffer = null;
        _inLarge = false;
    }

    private void BeginLarge(in FrameHeader header)
    {
        _large = header;
        var direct = sink.ClaimPayload(in header);
        var payloadAt = AlignUp((int)header.BodyLength);
        _largeBuffer = RpcBuffer.Rent(direct != 0 ? (int)header.BodyLength : payloadAt + (int)header.PayloadLength);
        _body = _largeBuffer.Address;
        _payload = direct != 0 ? (byte*)direct : _body + payloadAt;
        _start += FrameHeader.Size;
        _bodyReceived = TakeFromSlab(_body, (int)header.BodyLength);
        _payloadReceived = TakeFromSlab(_payload, (int)header.PayloadLength);
        _inLarge = true;
        if (LargeIsComplete())
            FinishLarge();
    }

    private bool LargeIsComplete() => _bodyReceived == _large.BodyLength && _payloadReceived == _large.PayloadLength;

    private void FinishLarge()
    {
        _inLarge = false;
        var buffer = _largeBuffer!;
        _largeBuffer = null;
        sink.OnFrame(in _large, buffer, _body, _payload);
        buffer.Dispose();
    }

    private int TakeFromSlab(byte* target, int wanted)
    {
        var bytes = Math.Min(wanted, _end - _start);
        Unsafe.CopyBlockUnaligned(target, _slab!.Address + _start, (uint)bytes);
        _start += bytes;
        return bytes;
    }

    /// <summary>Moves the beginning of a frame to the front of this slab, or of another one while frames in this one are in use.</summary>
    private void Relocate(int wanted)
    {
        var bytes = _end - _start;
        if (_slab!.References == 1 && _slab.Capacity >= wanted)
        {
            Buffer.MemoryCopy(_slab.Address + _start, _slab.Address, _slab.Capacity, bytes);
        }
        else
        {
            var next = RpcBuffer.Rent(wanted);
            Unsafe.CopyBlockUnaligned(next.Address, _slab.Address + _start, (uint)bytes);
            _slab.Dispose();
            _slab = next;
        }

        _start = 0;
        _end = bytes;
    }

    private static int AlignUp(int bytes) => (bytes + 4095) & ~4095;
}
