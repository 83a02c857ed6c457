using System.Collections.Concurrent;
using System.Net;
using SealFs.Core.Rpc;
using SealFs.Core.Wire;
using Xunit;

namespace SealFs.Core.Tests.Rpc;

public sealed class ServerLifeTests
{
    [Fact]
    public async Task Stopping_waits_for_the_requests_that_were_taken()
    {
        await using var pair = RpcPair.Start();
        var held = new BlockingCollection<RpcServerRequest>();
        pair.Handler.Intercept = request =>
        {
            held.Add(request);
            return true;
        };
        var pending = Enumerable.Range(0, 5).Select(index => pair.EchoAsync((ulong)index)).ToArray();
        var requests = Enumerable.Range(0, 5).Select(_ => held.Take()).ToArray();
        var stopping = pair.Server.StopAsync(TimeSpan.FromMinutes(1));
        foreach (var request in requests)
        {
            Assert.False(stopping.IsCompleted);
            request.Reply(Errno.None, new NumberMessage(request.Read<NumberMessage>().Value));
        }

        await stopping;
        Assert.Equal([0ul, 1, 2, 3, 4], await Task.WhenAll(pending));
        Assert.Equal(0, pair.Server.ConnectionCount);
    }

    [Fact]
    public async Task An_answer_after_the_stop_changes_no_file_that_was_opened_meanwhile()
    {
        await using var pair = RpcPair.Start();
        var held = new BlockingCollection<RpcServerRequest>();
        pair.Handler.Intercept = request =>
        {
            held.Add(request);
            return true;
        };
        var pending = pair.EchoAsync(1);
        var late = held.Take();
        await pair.StopServerAsync();
        await Assert.ThrowsAnyAsync<Xunit.Sdk.XunitException>(() => pending);

        // Their descriptors get the numbers that the server's had.
        var directory = Directory.CreateTempSubdirectory("sealfs-rpc-");
        var files = Enumerable.Range(0, 100).Select(index => File.Create(Path.Combine(directory.FullName, $"{index}"))).ToArray();
        late.Reply(Errno.None, new NumberMessage(1));
        var lengths = files.Select(file => file.Length).ToArray();
        foreach (var file in files)
            await file.DisposeAsync();
        directory.Delete(recursive: true);
        Assert.All(lengths, length => Assert.Equal(0, length));
    }

    [Fact]
    public async Task A_request_is_answered_once()
    {
        await using var pair = RpcPair.Start();
        var second = new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously);
        pair.Handler.Intercept = request =>
        {
            request.Reply(Errno.None, new NumberMessage(1));
            second.SetResult(Record.Exception(() => request.Reply(Errno.EIO)) is InvalidOperationException);
            return true;
        };
        Assert.Equal(1ul, await pair.EchoAsync(5));
        Assert.True(await second.Task);
    }

    [Fact]
    public async Task A_handler_that_throws_answers_EIO_and_the_connection_lives_on()
    {
        await using var pair = RpcPair.Start();
        pair.Handler.Intercept = request => request.Header.Opcode == Opcode.Create ? throw new InvalidOperationException("test") : false;
        var call = new RpcCall { Opcode = Opcode.Create };
        using var response = await pair.Connection.CallAsync(in call, new NumberMessage(1));
        Assert.Equal(Errno.EIO, response.Status);
        Assert.Equal(4ul, await pair.EchoAsync(4));
        Assert.Empty(pair.Handler.Disconnects);
    }

    [Fact]
    public async Task An_answer_over_the_limits_becomes_EIO()
    {
        await using var pair = RpcPair.Start();
        pair.Handler.Intercept = request =>
        {
            if (request.Header.Opcode != Opcode.Create)
                return false;
            request.Reply(Errno.None, new BytesMessage(new byte[RpcLimits.BodyBytes + 1]));
            return true;
        };
        var call = new RpcCall { Opcode = Opcode.Create };
        using var response = await pair.Connection.CallAsync(in call, new NumberMessage(1));
        Assert.Equal(Errno.EIO, response.Status);
        Assert.Equal(4ul, await pair.EchoAsync(4));
    }

    [Fact]
    public async Task Answers_may_come_from_any_thread_and_in_any_order()
    {
        await using var pair = RpcPair.Start();
        pair.Handler.Intercept = request =>
        {
            ThreadPool.UnsafeQueueUserWorkItem(static item => item.Reply(Errno.None, new NumberMessage(item.Read<NumberMessage>().Value), item.PayloadSpan), request, preferLocal: false);
            return true;
        };
        var answers = await Task.WhenAll(Enumerable.Range(0, 2000).Select(index => pair.EchoAsync((ulong)index)));
        Assert.Equal(Enumerable.Range(0, 2000).Select(index => (ulong)index), answers);
    }

    [Fact]
    public async Task A_pooled_buffer_is_sent_as_it_is()
    {
        await using var pair = RpcPair.Start();
        pair.Handler.Intercept = request =>
        {
            var buffer = request.RentBuffer(20_000);
            buffer.Span.Fill(9);
            buffer.SetContent(100, 10_000);
            request.ReplyBuffer(new NumberMessage(3), buffer);
            return true;
        };
        var call = new RpcCall { Opcode = Opcode.Read };
        for (var round = 0; round < 3; round++)
        {
            using var response = await pair.Connection.CallAsync(in call, new NumberMessage(1));
            Assert.Equal(3ul, response.Read<NumberMessage>().Value);
            Assert.Equal(10_000, response.Payload.Length);
            Assert.False(response.Payload.ContainsAnyExcept((byte)9));
        }
    }

    [Fact]
    public async Task Notifications_and_one_way_requests_need_no_answer()
    {
        var noticed = new TaskCompletionSource<ulong>(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var pair = RpcPair.Start(client: endpoint => new RpcConnection(endpoint, new RpcClientOptions
        {
            Hello = RpcPair.WriteHello,
            Notification = (in FrameHeader header, ReadOnlySpan<byte> body, ReadOnlySpan<byte> _) =>
            {
                var reader = new WireReader(body);
                noticed.SetResult(header.Opcode == Opcode.Ping ? reader.U64() : 0);
            },
        }));
        var flags = new BlockingCollection<FrameFlags>();
        pair.Handler.Intercept = request =>
        {
            flags.Add(request.Header.Flags);
            request.Peer.Notify(Opcode.Ping, new NumberMessage(11));
            request.Reply(Errno.None, new NumberMessage(0));
            return true;
        };
        pair.Connection.Start();
        var call = new RpcCall { Opcode = Opcode.Fsync };
        Assert.True(SpinWait.SpinUntil(() => pair.Connection.TrySendOneWay(in call, new NumberMessage(1)), TimeSpan.FromSeconds(20)));
        Assert.Equal(FrameFlags.OneWay, flags.Take());
        Assert.Equal(11ul, await noticed.Task);
        pair.Handler.Intercept = null;
        Assert.Equal(6ul, await pair.EchoAsync(6));
    }

    [Fact]
    public void Addresses_other_than_loopback_need_to_be_asked_for()
    {
        var options = new RpcServerOptions { Handler = new EchoHandler(), Listen = [new IPEndPoint(IPAddress.Any, 0)] };
        Assert.Throws<ArgumentException>(() => new RpcServer(options));
    }

    [Fact]
    public async Task Connections_over_the_limit_are_refused()
    {
        await using var pair = RpcPair.Start(server: (handler, _) => new RpcServerOptions
        {
            Handler = handler,
            Listen = [new IPEndPoint(IPAddress.Loopback, 0)],
            Connections = 1,
        });
        await pair.EchoAsync(1);
        using var peer = new RawPeer(pair.Server.Addresses[0]);
        peer.AwaitClose();
        Assert.Equal(2ul, await pair.EchoAsync(2));
        Assert.Equal(1, pair.Server.ConnectionCount);
    }

    [Fact]
    public async Task A_taken_address_is_an_error_and_a_stale_socket_file_is_not()
    {
        await using var pair = RpcPair.Start();
        var taken = new RpcServer(new RpcServerOptions { Handler = new EchoHandler(), Listen = [(IPEndPoint)pair.Server.Addresses[0]] });
        Assert.Throws<IOException>(taken.Start);

        var path = Path.Combine(Path.GetTempPath(), $"sealfs-rpc-{Guid.NewGuid():N}.sock");
        await File.WriteAllTextAsync(path, "");
        await using var server = new RpcServer(new RpcServerOptions { Handler = new EchoHandler(), UnixPath = path });
        server.Start();
        var second = new RpcServer(new RpcServerOptions { Handler = new EchoHandler(), UnixPath = path });
        Assert.Throws<IOException>(second.Start);
    }
}
