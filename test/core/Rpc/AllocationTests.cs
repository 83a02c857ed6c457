using SealFs.Core.Rpc;
using SealFs.Core.Wire;
using Xunit;

namespace SealFs.Core.Tests.Rpc;

/// <summary>Counts what the whole process allocates, so nothing else may run meanwhile.</summary>
[Collection(nameof(AloneCollection))]
public sealed class AllocationTests(ITestOutputHelper output)
{
    private const int Requests = 20_000;

    /// <summary>The smallest object has 24 bytes: one per request would be twenty times this.</summary>
    private const long AllowedBytes = Requests;

    [Theory]
    [InlineData(1, 0)]
    [InlineData(16, 0)]
    [InlineData(16, 4096)]
    [InlineData(4, 100_000)]
    public async Task Requests_allocate_nothing_on_either_side(int inFlight, int payloadLength)
    {
        await using var pair = RpcPair.Start();
        using var payload = RpcBuffer.Rent(Math.Max(1, payloadLength));
        await RunAsync(pair.Connection, inFlight, payload, payloadLength, Requests / 4);

        // The runner reports from its own threads now and then: what a request allocates shows in every attempt.
        var allocated = long.MaxValue;
        for (var attempt = 0; attempt < 3 && allocated > AllowedBytes; attempt++)
        {
            var before = GC.GetTotalAllocatedBytes(precise: true);
            await RunAsync(pair.Connection, inFlight, payload, payloadLength, Requests);
            allocated = GC.GetTotalAllocatedBytes(precise: true) - before;
        }

        output.WriteLine($"{allocated} bytes for {Requests} requests");
        Assert.InRange(allocated, 0, AllowedBytes);
    }

    private static Task RunAsync(RpcConnection connection, int inFlight, RpcBuffer payload, int payloadLength, int requests) =>
        Task.WhenAll(Enumerable.Range(0, inFlight).Select(_ => LoopAsync(connection, payload, payloadLength, requests / inFlight)));

    private static async Task LoopAsync(RpcConnection connection, RpcBuffer payload, int payloadLength, int requests)
    {
        for (var index = 0; index < requests; index++)
        {
            using var response = await Call(connection, payload, payloadLength, (ulong)index);
            if (response.Status != Errno.None || response.Read<NumberMessage>().Value != (ulong)index || response.Payload.Length != payloadLength)
                throw new InvalidOperationException($"wrong answer: {response.Status}");
        }
    }

    private static unsafe ValueTask<RpcResponse> Call(RpcConnection connection, RpcBuffer payload, int payloadLength, ulong number)
    {
        var call = new RpcCall { Opcode = Opcode.Write };
        return connection.CallAsync(in call, new NumberMessage(number), new Payload((nint)payload.Address, payloadLength));
    }
}
