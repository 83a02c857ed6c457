using System.Runtime.InteropServices;
using System.Security.Cryptography;
using SealFs.Core.Rpc;
using SealFs.Core.Wire;
using Xunit;

namespace SealFs.Core.Tests.Rpc;

public sealed class RoundTripTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_request_is_answered(bool unix)
    {
        await using var pair = RpcPair.Start(unix);
        Assert.Equal(42ul, await pair.EchoAsync(42));
        Assert.Equal(1, pair.Server.ConnectionCount);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Many_threads_with_many_requests_each_get_their_own_answers(bool unix)
    {
        await using var pair = RpcPair.Start(unix);
        var workers = Enumerable.Range(0, 8).Select(worker => Task.Run(async () =>
        {
            for (var round = 0; round < 200; round++)
            {
                var numbers = Enumerable.Range(0, 16).Select(index => ((ulong)worker << 32) | ((ulong)round << 8) | (uint)index).ToArray();
                var answers = await Task.WhenAll(numbers.Select(number => pair.EchoAsync(number)));
                Assert.Equal(numbers, answers);
            }
        }));
        await Task.WhenAll(workers);
        Assert.Equal(0, pair.Connection.InFlight);
    }

    [Fact]
    public async Task Connections_of_a_group_share_a_receiver()
    {
        await using var pair = RpcPair.Start();
        using var group = new RpcReceiverGroup();
        var endpoint = pair.Connection.Endpoint;
        var connections = Enumerable.Range(0, 10)
            .Select(_ => new RpcConnection(endpoint, new RpcClientOptions { Hello = RpcPair.WriteHello, Receivers = group }))
            .ToArray();
        var call = new RpcCall { Opcode = Opcode.Lookup };
        for (var round = 0ul; round < 100; round++)
        {
            var pending = connections.Select((connection, index) => connection.CallAsync(in call, new NumberMessage(round + (ulong)index)).AsTask()).ToArray();
            for (var index = 0; index < pending.Length; index++)
            {
                using var response = await pending[index];
                Assert.Equal(round + (ulong)index, response.Read<NumberMessage>().Value);
            }
        }

        foreach (var connection in connections)
            await connection.DisposeAsync();
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(8 * 1024)]
    [InlineData((8 * 1024) + 1)]
    [InlineData(32 * 1024)]
    [InlineData(100_000)]
    [InlineData(RpcLimits.PayloadBytes)]
    public async Task Payloads_arrive_whole_both_ways(int length)
    {
        await using var pair = RpcPair.Start();
        var payload = RandomNumberGenerator.GetBytes(length);
        var body = RandomNumberGenerator.GetBytes(300);
        var call = new RpcCall { Opcode = Opcode.Write };
        for (var round = 0; round < 4; round++)
        {
            using var response = await pair.Connection.CallAsync(in call, new BytesMessage(body), new Payload(payload));
            Assert.Equal(Errno.None, response.Status);
            Assert.True(response.Body.SequenceEqual(body));
            Assert.True(response.Payload.SequenceEqual(payload));
        }
    }

    [Fact]
    public async Task A_payload_in_two_native_pieces_arrives_in_the_callers_buffer()
    {
        await using var pair = RpcPair.Start();
        foreach (var length in (int[])[100, 20_000, 1024 * 1024])
        {
            using var source = RpcBuffer.Rent(length);
            using var target = RpcBuffer.Rent(length);
            RandomNumberGenerator.Fill(source.Span);
            target.Span.Clear();
            using var response = await CallNative(pair.Connection, source, target, length);
            Assert.Equal(Errno.None, response.Status);
            Assert.True(source.Span.SequenceEqual(target.Span));
            Assert.True(InBuffer(response, target));
        }
    }

    [Fact]
    public async Task A_long_answer_does_not_overrun_the_callers_buffer()
    {
        await using var pair = RpcPair.Start();
        using var source = RpcBuffer.Rent(100_000);
        using var target = RpcBuffer.Rent(100_000);
        target.Span.Clear();
        using var response = await CallNative(pair.Connection, source, target, 99_999);
        Assert.Equal(Errno.None, response.Status);
        Assert.Equal(100_000, response.Payload.Length);
        Assert.False(target.Span.ContainsAnyExcept((byte)0));
    }

    [Fact]
    public async Task Large_payloads_of_many_callers_do_not_mix()
    {
        await using var pair = RpcPair.Start();
        var workers = Enumerable.Range(0, 6).Select(worker => Task.Run(async () =>
        {
            var payload = new byte[300_000];
            payload.AsSpan().Fill((byte)worker);
            var call = new RpcCall { Opcode = Opcode.Write };
            for (var round = 0; round < 40; round++)
            {
                using var response = await pair.Connection.CallAsync(in call, new NumberMessage((ulong)worker), new Payload(payload));
                Assert.True(response.Payload.SequenceEqual(payload));
            }
        }));
        await Task.WhenAll(workers);
    }

    private static unsafe ValueTask<RpcResponse> CallNative(RpcConnection connection, RpcBuffer source, RpcBuffer target, int targetLength)
    {
        var call = new RpcCall { Opcode = Opcode.Write, ReplyPayloadBuffer = (nint)target.Address, ReplyPayloadLength = targetLength };
        var half = source.Length / 2;
        return connection.CallAsync(in call, new NumberMessage(1), new Payload((nint)source.Address, half, (nint)source.Address + half, source.Length - half));
    }

    private static unsafe bool InBuffer(RpcResponse response, RpcBuffer buffer) => response.PayloadPointer == buffer.Address;
}
