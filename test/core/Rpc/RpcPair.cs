using System.Net;
using Microsoft.Extensions.Logging;
using SealFs.Core.Messages;
using SealFs.Core.Rpc;
using SealFs.Core.Wire;
using Xunit;

namespace SealFs.Core.Tests.Rpc;

/// <summary>A server with an <see cref="EchoHandler"/> and a connection to it, over TCP or a Unix socket.</summary>
internal sealed class RpcPair : IAsyncDisposable
{
    private readonly string? _unixPath;
    private volatile TaskCompletionSource _lost = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private RpcPair(EchoHandler handler, RpcServer server, string? unixPath, RpcConnection connection)
    {
        Handler = handler;
        Server = server;
        _unixPath = unixPath;
        Connection = connection;
        connection.ConnectionChanged += OnConnectionChanged;
    }

    public EchoHandler Handler { get; }

    public RpcServer Server { get; set; }

    public RpcConnection Connection { get; }

    public static RpcPair Start(bool unix = false, Func<EchoHandler, string?, RpcServerOptions>? server = null, Func<RpcEndpoint, RpcConnection>? client = null)
    {
        var handler = new EchoHandler();
        var path = unix ? Path.Combine(Path.GetTempPath(), $"sealfs-rpc-{Guid.NewGuid():N}.sock") : null;
        var running = new RpcServer((server ?? DefaultServer)(handler, path));
        running.Start();
        var endpoint = unix ? RpcEndpoint.Unix(path!) : RpcEndpoint.Tcp((IPEndPoint)running.Addresses[0]);
        return new RpcPair(handler, running, path, (client ?? Connect)(endpoint));
    }

    public static RpcServerOptions DefaultServer(EchoHandler handler, string? unixPath) => new()
    {
        Handler = handler,
        Listen = unixPath is null ? [new IPEndPoint(IPAddress.Loopback, 0)] : [],
        UnixPath = unixPath,
    };

    public static RpcConnection Connect(RpcEndpoint endpoint) => new(endpoint, new RpcClientOptions { Hello = WriteHello });

    public static int WriteHello(Span<byte> body, ConnectionAttempt attempt)
    {
        var hello = new HelloRequest { ProtocolVersion = FrameHeader.CurrentVersion, Attempt = attempt, Session = new SessionId(1) };
        var writer = new WireWriter(body);
        hello.Write(ref writer);
        return writer.Position;
    }

    public async Task<ulong> EchoAsync(ulong number, uint timeoutMs = 0)
    {
        var call = new RpcCall { Opcode = Opcode.Lookup, TimeoutMs = timeoutMs };
        using var response = await Connection.CallAsync(in call, new NumberMessage(number));
        Assert.Equal(Errno.None, response.Status);
        return response.Read<NumberMessage>().Value;
    }

    /// <summary>Stops the server; with a connection that was up, returns when the client has noticed.</summary>
    public async Task StopServerAsync()
    {
        var lost = Connection.IsConnected ? _lost.Task : Task.CompletedTask;
        await Server.StopAsync(TimeSpan.Zero);
        await lost;
    }

    /// <summary>Starts another server where the first one was.</summary>
    public void RestartServer(ulong incarnation = 7)
    {
        Handler.Incarnation = incarnation;
        Server = new RpcServer(new RpcServerOptions
        {
            Handler = Handler,
            Listen = [.. Server.Addresses.OfType<IPEndPoint>()],
            UnixPath = _unixPath,
        });
        Server.Start();
    }

    public async ValueTask DisposeAsync()
    {
        await Connection.DisposeAsync();
        await Server.DisposeAsync();
        if (_unixPath is not null)
            Assert.False(File.Exists(_unixPath), "the socket file is gone");
    }

    private void OnConnectionChanged(RpcChannel connection, in RpcConnectionChange change)
    {
        if (change.Connected)
            _lost = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        else
            _lost.TrySetResult();
    }
}
