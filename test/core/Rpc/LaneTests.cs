using System.Collections.Concurrent;
using SealFs.Core.Rpc;
using SealFs.Core.Wire;
using Xunit;

namespace SealFs.Core.Tests.Rpc;

/// <summary>A server whose event loops receive what it asks of another server.</summary>
public sealed class LaneTests
{
    [Fact]
    public async Task An_answer_of_another_server_arrives_on_the_thread_that_executed_the_request()
    {
        using var lane = new RpcReceiverGroup();
        await using var back = RpcPair.Start(client: endpoint => new RpcConnection(endpoint, new RpcClientOptions { Hello = RpcPair.WriteHello, Receivers = lane }));
        await using var front = RpcPair.Start(server: (handler, _) => Front(handler, lane));
        var threads = new ConcurrentBag<bool>();
        front.Handler.Intercept = request => Forward(request, back.Connection, threads);

        for (var number = 1ul; number <= 100; number++)
            Assert.Equal(number, await front.EchoAsync(number));
        Assert.Equal(100, threads.Count);
        Assert.All(threads, Assert.True);

        // The loop is gone: the group receives on its own thread again.
        await front.StopServerAsync();
        Assert.Equal(101ul, await back.EchoAsync(101));
    }

    private static RpcServerOptions Front(EchoHandler handler, RpcReceiverGroup lane) => new()
    {
        Handler = handler,
        Listen = RpcPair.DefaultServer(handler, null).Listen,
        LoopThreads = 1,
        Lanes = [lane],
    };

    private static bool Forward(RpcServerRequest request, RpcConnection back, ConcurrentBag<bool> threads)
    {
        var thread = Environment.CurrentManagedThreadId;
        var call = new RpcCall { Opcode = Opcode.Lookup };
        var reader = new WireReader(request.Body);
        Assert.True(NumberMessage.TryRead(ref reader, out var number));
#pragma warning disable CA2012 // The task is consumed exactly once, through the awaiter.
        var awaiter = back.CallAsync(in call, number).GetAwaiter();
#pragma warning restore CA2012
        awaiter.UnsafeOnCompleted(() =>
        {
            using var response = awaiter.GetResult();
            threads.Add(Environment.CurrentManagedThreadId == thread);
            request.Reply(response.Status, response.Read<NumberMessage>());
        });
        return true;
    }
}
