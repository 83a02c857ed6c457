using System.Collections.Concurrent;
using SealFs.Core.Rpc;
using SealFs.Core.Wire;
using Xunit;

namespace SealFs.Core.Tests.Rpc;

/// <summary>A group whose turn to receive goes to another thread and back.</summary>
public sealed class ReceiverGroupTests
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(20);

    [Fact]
    public async Task Whoever_takes_over_receives_on_its_own_thread_and_gives_it_back()
    {
        using var group = new RpcReceiverGroup();
        await using var pair = RpcPair.Start(client: endpoint => new RpcConnection(endpoint, new RpcClientOptions { Hello = RpcPair.WriteHello, Receivers = group }));
        Assert.Equal(1ul, await pair.EchoAsync(1));

        // Off the receiver's own thread, which would wait for itself below.
        await Task.Yield();
        var answers = new ConcurrentQueue<int>();
        var taker = 0;
        var thread = new Thread(() =>
        {
            taker = Environment.CurrentManagedThreadId;
            group.TakeOver();
            Assert.Same(group, RpcReceiverGroup.Current);
            for (var number = 2ul; number < 100; number++)
                AskAndServe(group, pair, number, answers);
            group.GiveBack();
            Assert.Null(RpcReceiverGroup.Current);
        });
        thread.Start();
        Assert.True(thread.Join(s_patience), "an answer did not arrive");
        Assert.Equal(98, answers.Count);
        Assert.All(answers, id => Assert.Equal(taker, id));
        Assert.Equal(100ul, await pair.EchoAsync(100));
    }

    [Fact]
    public async Task What_the_taker_sends_waits_for_the_flush()
    {
        using var group = new RpcReceiverGroup();
        await using var pair = RpcPair.Start(client: endpoint => new RpcConnection(endpoint, new RpcClientOptions { Hello = RpcPair.WriteHello, Receivers = group }));
        Assert.Equal(1ul, await pair.EchoAsync(1));

        // Off the receiver's own thread, which would wait for itself below.
        await Task.Yield();
        var before = pair.Handler.Handled;
        var thread = new Thread(() =>
        {
            group.TakeOver();
            group.Serve(0, out _);
            var pending = Enumerable.Range(2, 10).Select(number => pair.EchoAsync((ulong)number)).ToArray();

            // Nothing was handed to the socket, so there is nothing to receive either.
            group.Serve(50, out var isIdle);
            Assert.True(isIdle);
            Assert.Equal(before, pair.Handler.Handled);
            group.Flush();
            while (!pending.All(task => task.IsCompleted))
                group.Serve(50, out _);
            group.GiveBack();
        });
        thread.Start();
        Assert.True(thread.Join(s_patience), "an answer did not arrive");
        Assert.Equal(before + 10, pair.Handler.Handled);
    }

    private static void AskAndServe(RpcReceiverGroup group, RpcPair pair, ulong number, ConcurrentQueue<int> answers)
    {
        var call = new RpcCall { Opcode = Opcode.Lookup };
#pragma warning disable CA2012 // The task is consumed exactly once, through the awaiter.
        var awaiter = pair.Connection.CallAsync(in call, new NumberMessage(number)).GetAwaiter();
#pragma warning restore CA2012
        awaiter.UnsafeOnCompleted(() =>
        {
            using var response = awaiter.GetResult();
            answers.Enqueue(Environment.CurrentManagedThreadId);
        });
        var count = answers.Count;
        while (answers.Count == count)
        {
            group.Flush();
            group.Serve(50, out _);
        }
    }
}
