using System.Net;
using System.Net.Sockets;
using SealFs.Core.Wire;
using Xunit;

namespace SealFs.Core.Tests.Rpc;

/// <summary>A client that sends what it likes.</summary>
internal sealed class RawPeer : IDisposable
{
    private readonly Socket _socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);

    public RawPeer(EndPoint address)
    {
        _socket.NoDelay = true;
        _socket.LingerState = new LingerOption(true, 0);
        _socket.Connect(address);
    }

    public static byte[] Frame(Opcode opcode, ReadOnlySpan<byte> body, int payloadLength = 0, ulong requestId = 1, FrameFlags flags = FrameFlags.None)
    {
        var frame = new byte[FrameHeader.Size + body.Length + payloadLength];
        var header = new FrameHeader
        {
            Length = (uint)frame.Length,
            Version = FrameHeader.CurrentVersion,
            Flags = flags,
            Opcode = opcode,
            RequestId = requestId,
            BodyLength = (uint)body.Length,
            PayloadLength = (uint)payloadLength,
        };
        header.Write(frame);
        body.CopyTo(frame.AsSpan(FrameHeader.Size));
        return frame;
    }

    public static byte[] HelloFrame()
    {
        var body = new byte[256];
        return Frame(Opcode.Hello, body.AsSpan(0, RpcPair.WriteHello(body, default)));
    }

    /// <summary>Sends Hello and reads the answer.</summary>
    public void Greet()
    {
        Send(HelloFrame());
        Assert.Equal(Errno.None, ReadFrame().Header.Status);
    }

    /// <summary>False when the peer has closed already.</summary>
    public bool TrySend(ReadOnlySpan<byte> bytes)
    {
        try
        {
            Send(bytes);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    public void Send(ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
            bytes = bytes[_socket.Send(bytes)..];
    }

    public void EndSending()
    {
        try
        {
            _socket.Shutdown(SocketShutdown.Send);
        }
        catch (SocketException)
        {
            // The peer was faster.
        }
    }

    public (FrameHeader Header, byte[] Body) ReadFrame()
    {
        var head = new byte[FrameHeader.Size];
        Read(head);
        var header = FrameHeader.Read(head);
        var rest = new byte[header.BodyLength + header.PayloadLength];
        Read(rest);
        return (header, rest);
    }

    /// <summary>Reads and forgets until the peer closes.</summary>
    public void AwaitClose()
    {
        var buffer = new byte[64 * 1024];
        _socket.ReceiveTimeout = 20_000;
        try
        {
            while (_socket.Receive(buffer) > 0)
            {
            }
        }
        catch (SocketException exception) when (exception.SocketErrorCode == SocketError.ConnectionReset)
        {
            // A close with unread input on the other side.
        }
    }

    public void Dispose() => _socket.Dispose();

    private void Read(Span<byte> target)
    {
        while (!target.IsEmpty)
        {
            var received = _socket.Receive(target);
            Assert.NotEqual(0, received);
            target = target[received..];
        }
    }
}
