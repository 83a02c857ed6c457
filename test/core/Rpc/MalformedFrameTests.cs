using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using SealFs.Core.Rpc;
using SealFs.Core.Wire;
using Xunit;

namespace SealFs.Core.Tests.Rpc;

public sealed class MalformedFrameTests(ITestOutputHelper output)
{
    private const int Inputs = 30_000;
    private const int Threads = 3;

    private static readonly int[] s_lengthFields = [0, 40, 44];

    public static TheoryData<string, int, uint> Damages => new()
    {
        { "unknown protocol version", 4, 1 },
        { "unknown flags", 5, 0x40 },
        { "a response where requests are expected", 5, 1 },
        { "body longer than allowed", 40, RpcLimits.BodyBytes + 1 },
        { "body longer than allowed", 40, uint.MaxValue },
        { "payload longer than allowed", 44, RpcLimits.PayloadBytes + 1 },
        { "payload longer than allowed", 44, uint.MaxValue },
        { "length does not agree with body and payload", 0, 0 },
        { "length does not agree with body and payload", 0, 63 },
        { "length does not agree with body and payload", 0, uint.MaxValue },
    };

    [Theory]
    [MemberData(nameof(Damages))]
    public async Task A_malformed_frame_closes_its_connection_with_the_reason(string reason, int offset, uint value)
    {
        await using var pair = RpcPair.Start();
        await pair.EchoAsync(1);
        using var peer = new RawPeer(pair.Server.Addresses[0]);
        peer.Greet();
        var frame = RawPeer.Frame(Opcode.Lookup, [1, 2, 3]);
        if (offset is 4 or 5)
            frame[offset] = (byte)value;
        else
            BinaryPrimitives.WriteUInt32LittleEndian(frame.AsSpan(offset), value);
        peer.TrySend(frame);
        peer.AwaitClose();

        Assert.Equal([reason], pair.Handler.Disconnects);
        Assert.Equal(2ul, await pair.EchoAsync(2));
    }

    [Fact]
    public async Task A_first_frame_other_than_Hello_is_refused()
    {
        await using var pair = RpcPair.Start();
        using var peer = new RawPeer(pair.Server.Addresses[0]);
        peer.Send(RawPeer.Frame(Opcode.Lookup, []));
        peer.AwaitClose();
        Assert.Equal(["the first frame is not Hello"], pair.Handler.Disconnects);
        Assert.Equal(0, pair.Handler.Handled);
    }

    [Fact]
    public async Task A_large_Hello_is_refused_before_anything_is_allocated_for_it()
    {
        await using var pair = RpcPair.Start();
        using var peer = new RawPeer(pair.Server.Addresses[0]);
        peer.Send(RawPeer.Frame(Opcode.Hello, [], RpcLimits.PayloadBytes).AsSpan(0, FrameHeader.Size));
        peer.AwaitClose();
        Assert.Equal(["Hello is too long"], pair.Handler.Disconnects);
    }

    [Fact]
    public async Task A_connection_without_Hello_is_closed_in_time()
    {
        await using var pair = RpcPair.Start(server: (handler, _) => new RpcServerOptions
        {
            Handler = handler,
            Listen = [new IPEndPoint(IPAddress.Loopback, 0)],
            HelloTime = TimeSpan.FromMilliseconds(1),
        });
        using var peer = new RawPeer(pair.Server.Addresses[0]);
        peer.AwaitClose();
        Assert.Equal(["no Hello in time"], pair.Handler.Disconnects);
    }

    [Fact]
    public async Task A_client_drops_a_server_that_talks_nonsense()
    {
        using var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen();
        await using var connection = RpcPair.Connect(RpcEndpoint.Tcp((IPEndPoint)listener.LocalEndPoint!));
        var call = new RpcCall { Opcode = Opcode.Lookup };
        var pending = connection.CallAsync(in call, new NumberMessage(1)).AsTask();

        using var accepted = await listener.AcceptAsync();
        var buffer = new byte[4096];
        await accepted.ReceiveAsync(buffer);
        await accepted.SendAsync(RawPeer.Frame(Opcode.Hello, [], flags: FrameFlags.Response));
        await accepted.ReceiveAsync(buffer);
        await accepted.SendAsync(Enumerable.Repeat((byte)0xEE, 200).ToArray());
        using var response = await pending;
        Assert.Equal(Errno.Disconnected, response.Status);
        using var again = await listener.AcceptAsync();
    }

    [Fact]
    public async Task Tens_of_thousands_of_bad_inputs_hurt_nobody_else()
    {
        var seed = Random.Shared.Next();
        output.WriteLine($"seed {seed}");
        await using var pair = RpcPair.Start();
        await pair.EchoAsync(1);
        var address = pair.Server.Addresses[0];
        await Task.WhenAll(Enumerable.Range(0, Threads).Select(thread => Task.Run(async () =>
        {
            var random = new Random(seed + thread);
            for (var input = 0; input < Inputs / Threads; input++)
            {
                using var peer = new RawPeer(address);
                if (peer.TrySend(BadInput(random)))
                    peer.EndSending();
                peer.AwaitClose();
                if (input % 500 == 0)
                    Assert.Equal((ulong)input, await pair.EchoAsync((ulong)input));
            }
        })));

        Assert.Equal(99ul, await pair.EchoAsync(99));
        await using var newcomer = RpcPair.Connect(RpcEndpoint.Tcp((IPEndPoint)address));
        var call = new RpcCall { Opcode = Opcode.Lookup };
        using var response = await newcomer.CallAsync(in call, new NumberMessage(5));
        Assert.Equal(5ul, response.Read<NumberMessage>().Value);
        Assert.True(pair.Handler.Disconnects.Count >= Inputs, "every bad connection was closed");
    }

    /// <summary>What one connection sends: sometimes a greeting first, then frames of which something is wrong.</summary>
    private static byte[] BadInput(Random random)
    {
        var bytes = new List<byte>();
        if (random.Next(4) != 0)
            bytes.AddRange(RawPeer.HelloFrame());
        for (var frames = random.Next(1, 4); frames > 0; frames--)
            bytes.AddRange(BadFrame(random));
        return [.. bytes];
    }

    private static byte[] BadFrame(Random random)
    {
        var body = new byte[random.Next(0, 200)];
        random.NextBytes(body);
        var frame = RawPeer.Frame((Opcode)random.Next(0, 80), body, random.Next(3) == 0 ? random.Next(0, 100_000) : 0, (ulong)random.NextInt64());
        switch (random.Next(7))
        {
            case 0:
                random.NextBytes(frame);
                break;
            case 1:
                Array.Resize(ref frame, random.Next(0, frame.Length));
                break;
            case 2:
                for (var flips = random.Next(1, 8); flips > 0; flips--)
                    frame[random.Next(FrameHeader.Size)] ^= (byte)(1 << random.Next(8));
                break;
            case 3:
                BinaryPrimitives.WriteUInt32LittleEndian(frame.AsSpan(s_lengthFields[random.Next(3)]), (uint)random.NextInt64());
                break;
            case 4:
                frame[4] = (byte)random.Next(256);
                break;
            case 5:
                frame[5] = (byte)random.Next(256);
                break;
            default:
                BinaryPrimitives.WriteUInt16LittleEndian(frame.AsSpan(6), (ushort)random.Next(ushort.MaxValue));
                break;
        }

        return frame;
    }
}
