using System.Collections.Concurrent;
using SealFs.Core.Rpc;
using SealFs.Core.Wire;
using Xunit;

namespace SealFs.Core.Tests.Rpc;

public sealed class DeadlineTests
{
    [Fact]
    public async Task An_overdue_call_times_out_and_its_late_answer_disturbs_nobody()
    {
        await using var pair = RpcPair.Start();
        var held = new ConcurrentQueue<RpcServerRequest>();
        pair.Handler.Intercept = request =>
        {
            if (request.Header.Opcode != Opcode.Create)
                return false;
            held.Enqueue(request);
            return true;
        };
        var call = new RpcCall { Opcode = Opcode.Create, TimeoutMs = 30 };
        for (var round = 0; round < 20; round++)
        {
            using var response = await pair.Connection.CallAsync(in call, new NumberMessage(1));
            Assert.Equal(Errno.ETIMEDOUT, response.Status);
            while (held.TryDequeue(out var request))
                request.Reply(Errno.None, new NumberMessage(999));
            Assert.Equal((ulong)round, await pair.EchoAsync((ulong)round));
        }

        Assert.Equal(0, pair.Connection.InFlight);
    }

    [Fact]
    public async Task A_call_that_waits_for_a_connection_times_out_too()
    {
        await using var connection = RpcPair.Connect(RpcEndpoint.Unix("/tmp/sealfs-no-such-socket"));
        var call = new RpcCall { Opcode = Opcode.Create, TimeoutMs = 50 };
        using var response = await connection.CallAsync(in call, new NumberMessage(1));
        Assert.Equal(Errno.ETIMEDOUT, response.Status);
        Assert.Equal(0, connection.Waiting);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_cancelled_call_ends_at_once(bool connected)
    {
        await using var pair = RpcPair.Start();
        var arrived = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        pair.Handler.Intercept = _ =>
        {
            arrived.TrySetResult();
            return true;
        };
        if (!connected)
        {
            await pair.StopServerAsync();
            arrived.SetResult();
        }

        using var source = new CancellationTokenSource();
        var call = new RpcCall { Opcode = Opcode.Create };
        var pending = pair.Connection.CallAsync(in call, new NumberMessage(1), default, source.Token).AsTask();
        await arrived.Task;
        await source.CancelAsync();
        using var response = await pending;
        Assert.Equal(Errno.ECANCELED, response.Status);
    }

    [Fact]
    public async Task Calls_end_when_the_connection_is_disposed()
    {
        await using var pair = RpcPair.Start();
        var arrived = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        pair.Handler.Intercept = _ =>
        {
            arrived.TrySetResult();
            return true;
        };
        var call = new RpcCall { Opcode = Opcode.Create };
        var pending = pair.Connection.CallAsync(in call, new NumberMessage(1)).AsTask();
        await arrived.Task;
        await pair.Connection.DisposeAsync();
        using var response = await pending;
        Assert.Equal(Errno.Disconnected, response.Status);
        using var later = await pair.Connection.CallAsync(in call, new NumberMessage(1));
        Assert.Equal(Errno.Disconnected, later.Status);
    }
}
