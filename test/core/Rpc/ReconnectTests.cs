using System.Collections.Concurrent;
using System.Net;
using SealFs.Core.Rpc;
using SealFs.Core.Wire;
using Xunit;

namespace SealFs.Core.Tests.Rpc;

public sealed class ReconnectTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Calls_made_while_the_server_is_away_wait_for_it(bool unix)
    {
        await using var pair = RpcPair.Start(unix);
        await pair.EchoAsync(1);
        await pair.StopServerAsync();
        var waiting = Enumerable.Range(0, 20).Select(index => pair.EchoAsync((ulong)index)).ToArray();
        Assert.DoesNotContain(waiting, task => task.IsCompleted);
        pair.RestartServer();
        var answers = await Task.WhenAll(waiting);
        Assert.Equal(Enumerable.Range(0, 20).Select(index => (ulong)index), answers);
    }

    [Fact]
    public async Task A_call_under_way_when_the_connection_breaks_ends_as_disconnected()
    {
        await using var pair = RpcPair.Start();
        var arrived = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var held = new ConcurrentQueue<RpcServerRequest>();
        pair.Handler.Intercept = request =>
        {
            held.Enqueue(request);
            arrived.TrySetResult();
            return true;
        };
        var call = new RpcCall { Opcode = Opcode.Create };
        var pending = pair.Connection.CallAsync(in call, new NumberMessage(1)).AsTask();
        await arrived.Task;
        await pair.StopServerAsync();

        using var response = await pending;
        Assert.Equal(Errno.Disconnected, response.Status);
        Assert.False(response.Answered);

        // A late reply is dropped and frees the frame.
        Assert.True(held.TryDequeue(out var request));
        request.Reply(Errno.None);
        pair.RestartServer();
    }

    [Fact]
    public async Task A_retrying_call_is_marked_as_resent_and_answered_by_the_restarted_server()
    {
        await using var pair = RpcPair.Start();
        var flags = new ConcurrentQueue<FrameFlags>();
        var sequences = new ConcurrentQueue<Sequence>();
        var arrived = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        pair.Handler.Intercept = request =>
        {
            flags.Enqueue(request.Header.Flags);
            sequences.Enqueue(request.Header.Sequence);
            arrived.TrySetResult();
            if (flags.Count > 1)
                return false;
            request.Peer.Close("test");
            return true;
        };
        var call = new RpcCall { Opcode = Opcode.Create, Sequence = new Sequence(77) };
        var pending = pair.Connection.CallRetryingAsync(in call, new NumberMessage(5)).AsTask();
        await arrived.Task;
        await pair.StopServerAsync();
        pair.RestartServer();

        using var response = await pending;
        Assert.Equal(Errno.None, response.Status);
        Assert.Equal(5ul, response.Read<NumberMessage>().Value);
        Assert.Equal([FrameFlags.None, FrameFlags.Resent], flags);
        Assert.Equal([new Sequence(77), new Sequence(77)], sequences);
    }

    [Fact]
    public async Task Changes_of_the_connection_are_told_with_the_peers_incarnation()
    {
        var changes = new ConcurrentQueue<(bool Connected, ulong Incarnation)>();
        await using var pair = RpcPair.Start(client: endpoint =>
        {
            var connection = RpcPair.Connect(endpoint);
            connection.ConnectionChanged += (RpcChannel _, in RpcConnectionChange change) => changes.Enqueue((change.Connected, change.PeerIncarnation));
            return connection;
        });
        await pair.EchoAsync(1);
        await pair.StopServerAsync();
        pair.RestartServer(incarnation: 8);
        await pair.EchoAsync(2);
        Assert.Equal([(true, 7ul), (false, 0ul), (true, 8ul)], changes);
    }

    [Fact]
    public async Task A_refused_greeting_is_told_and_tried_again()
    {
        var refusals = new ConcurrentQueue<Errno>();
        await using var pair = RpcPair.Start(client: endpoint =>
        {
            var connection = RpcPair.Connect(endpoint);
            connection.ConnectionChanged += (RpcChannel _, in RpcConnectionChange change) =>
            {
                if (change.Refusal != Errno.None)
                    refusals.Enqueue(change.Refusal);
            };
            return connection;
        });
        var hellos = 0;
        pair.Handler.InterceptHello = request =>
        {
            if (Interlocked.Increment(ref hellos) > 2)
                return false;
            request.Reply(Errno.SessionRefused);
            request.Peer.Close("token does not verify");
            return true;
        };
        Assert.Equal(9ul, await pair.EchoAsync(9));
        Assert.Equal([Errno.SessionRefused, Errno.SessionRefused], refusals);
    }

    [Fact]
    public async Task The_unix_socket_is_preferred_and_tcp_is_the_fallback()
    {
        await using var pair = RpcPair.Start(server: (handler, _) => new RpcServerOptions
        {
            Handler = handler,
            Listen = [new IPEndPoint(IPAddress.Loopback, 0)],
        });
        var port = ((IPEndPoint)pair.Server.Addresses[0]).Port;
        await using var connection = RpcPair.Connect(RpcEndpoint.UnixOrTcp("/tmp/sealfs-no-such-socket", "localhost", port));
        var call = new RpcCall { Opcode = Opcode.Lookup };
        using var response = await connection.CallAsync(in call, new NumberMessage(1));
        Assert.Equal(Errno.None, response.Status);
    }
}
