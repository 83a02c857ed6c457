using System.Runtime.InteropServices;
using SealFs.Core;
using SealFs.Core.Wire;
using SealFs.StorageNode.Shards;

namespace SealFs.StorageNode.Tests.Files;

/// <summary>A request without a connection: its answer can be waited for.</summary>
internal sealed unsafe class FakeSource : IRequestSource, IDisposable
{
    public const int PayloadCapacity = 4 * 1024 * 1024;

    private readonly byte* _payload = (byte*)NativeMemory.AlignedAlloc(PayloadCapacity, 4096);
    private readonly byte* _answer = (byte*)NativeMemory.AlignedAlloc(PayloadCapacity + 8192, 4096);
    private readonly byte[] _body = new byte[64 * 1024];
    private readonly byte[] _answerBody = new byte[1024];
    private readonly ManualResetEventSlim _done = new();
    private FrameHeader _header;
    private int _bodyLength;
    private int _answerBodyLength;
    private int _answerLength;

    public ref readonly FrameHeader Header => ref _header;

    public ReadOnlySpan<byte> Body => _body.AsSpan(0, _bodyLength);

    public byte* Payload => _payload;

    public int PayloadLength { get; private set; }

    public WriteVerifier Verifier { get; set; }

    public Errno Status { get; private set; }

    public ReadOnlySpan<byte> AnswerBody => _answerBody.AsSpan(0, _answerBodyLength);

    public ReadOnlySpan<byte> AnswerPayload => new(_answer, _answerLength);

    public void Prepare<T>(FrameHeader header, in T body, ReadOnlySpan<byte> payload)
        where T : struct, IWireMessage<T>, allows ref struct
    {
        var writer = new WireWriter(_body);
        body.Write(ref writer);
        _bodyLength = writer.Position;
        payload.CopyTo(new Span<byte>(_payload, PayloadCapacity));
        PayloadLength = payload.Length;
        _header = header;
        _done.Reset();
    }

    public Errno Wait()
    {
        if (!_done.Wait(TimeSpan.FromSeconds(30)))
            throw new TimeoutException($"{_header.Opcode} was not answered");
        return Status;
    }

    public void Reply(Errno status, ReadOnlySpan<byte> body, ReadOnlySpan<byte> payload)
    {
        payload.CopyTo(new Span<byte>(_answer, PayloadCapacity));
        ReplyRented(status, body, payload.Length);
    }

    public byte* RentPayload(int capacityBytes) => _answer;

    public void ReplyRented(Errno status, ReadOnlySpan<byte> body, int payloadLength)
    {
        body.CopyTo(_answerBody);
        _answerBodyLength = body.Length;
        _answerLength = payloadLength;
        Status = status;
        _done.Set();
    }

    public void Dispose()
    {
        NativeMemory.AlignedFree(_payload);
        NativeMemory.AlignedFree(_answer);
        _done.Dispose();
    }
}
