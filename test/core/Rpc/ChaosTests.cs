using SealFs.Core.Rpc;
using SealFs.Core.Wire;
using Xunit;

namespace SealFs.Core.Tests.Rpc;

/// <summary>
/// Connections break at random under many callers with time-outs, cancellation and payloads of all sizes: every call ends once, answers are
/// never mixed up, and all memory comes back. Counts the buffers of the process, so nothing else may run meanwhile.
/// </summary>
[Collection(nameof(AloneCollection))]
public sealed class ChaosTests(ITestOutputHelper output)
{
    private const int Callers = 8;
    private const int CallsEach = 1500;

    private static readonly Errno[] s_allowed = [Errno.None, Errno.Disconnected, Errno.ETIMEDOUT, Errno.ECANCELED];

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Every_call_ends_once_with_its_own_answer_and_memory_comes_back(bool sharedReceiver)
    {
        var seed = Random.Shared.Next();
        output.WriteLine($"seed {seed}");
        var before = RpcBuffer.UsedBytes;
        using var group = sharedReceiver ? new RpcReceiverGroup() : null;
        await using (var pair = RpcPair.Start(client: endpoint => new RpcConnection(endpoint, new RpcClientOptions { Hello = RpcPair.WriteHello, Receivers = group })))
        {
            var chaos = new Random(seed);
            var gate = new Lock();
            pair.Handler.Intercept = request =>
            {
                int dice;
                lock (gate)
                    dice = chaos.Next(1000);
                if (dice < 3)
                    request.Peer.Close("chaos");
                if (dice is >= 3 and < 8 && pair.Handler.Peers.TryPeek(out var peer))
                    peer.Close("chaos");
                if (dice is < 8 or >= 60)
                    return false;
                ThreadPool.UnsafeQueueUserWorkItem(static item => item.Reply(Errno.None, new BytesMessage(item.Body), item.PayloadSpan), request, preferLocal: false);
                return true;
            };
            var answered = await Task.WhenAll(Enumerable.Range(0, Callers).Select(caller => Task.Run(() => CallManyAsync(pair.Connection, (ulong)caller, new Random(seed + caller)))));
            output.WriteLine($"{answered.Sum()} of {Callers * CallsEach} answered over {pair.Handler.Peers.Count} connections");
            Assert.InRange(answered.Sum(), Callers * CallsEach / 4, Callers * CallsEach);
            Assert.Equal(0, pair.Connection.InFlight);
            Assert.Equal(0, pair.Connection.Waiting);
            Assert.True(pair.Handler.Peers.Count > 1);
        }

        Assert.True(SpinWait.SpinUntil(() => RpcBuffer.UsedBytes == before, TimeSpan.FromSeconds(20)), $"{RpcBuffer.UsedBytes - before} bytes are missing");
    }

    private static async Task<int> CallManyAsync(RpcConnection connection, ulong caller, Random random)
    {
        using var source = RpcBuffer.Rent(400_000);
        using var target = RpcBuffer.Rent(400_000);
        var answered = 0;
        for (var index = 0; index < CallsEach; index++)
        {
            var number = (caller << 32) | (uint)index;
            var length = random.Next(4) == 0 ? random.Next(400_000) : random.Next(10_000);
            source.Span[..length].Fill((byte)number);
            using var cancellation = random.Next(10) == 0 ? new CancellationTokenSource(random.Next(5)) : null;
            using var response = await Call(connection, number, source, length, random.Next(2) == 0 ? target : null, random, cancellation?.Token ?? default);
            Assert.Contains(response.Status, s_allowed);
            if (response.Status != Errno.None)
                continue;
            answered++;
            Assert.Equal(number, response.Read<NumberMessage>().Value);
            Assert.Equal(length, response.Payload.Length);
            Assert.False(response.Payload.ContainsAnyExcept((byte)number));
        }

        return answered;
    }

    private static unsafe ValueTask<RpcResponse> Call(
        RpcConnection connection, ulong number, RpcBuffer source, int length, RpcBuffer? target, Random random, CancellationToken cancellation)
    {
        var call = new RpcCall
        {
            Opcode = Opcode.Write,
            TimeoutMs = random.Next(20) == 0 ? 1u : 20_000,
            ReplyPayloadBuffer = target is null ? 0 : (nint)target.Address,
            ReplyPayloadLength = target?.Capacity ?? 0,
        };
        return connection.CallAsync(in call, new NumberMessage(number), new Payload((nint)source.Address, length), cancellation);
    }
}
