using System.Net;
using System.Net.Sockets;
using SealFs.Core.Control;
using Xunit;

namespace SealFs.Manager.Tests;

public sealed class HostTests
{
    [Fact]
    public async Task Metrics_and_health_are_on_their_own_port()
    {
        await using var manager = await ManagerFixture.StartAsync();
        await manager.RegisterAsync(1);
        await manager.HeartbeatAsync(1);
        using var http = new HttpClient { BaseAddress = new Uri(manager.Host.MetricsUrl!) };
        Assert.Equal("ok\n", await http.GetStringAsync(new Uri("/healthz", UriKind.Relative), ManagerFixture.Cancellation));
        var metrics = await http.GetStringAsync(new Uri("/metrics", UriKind.Relative), ManagerFixture.Cancellation);
        Assert.Contains("sealfs_manager_heartbeats", metrics, StringComparison.Ordinal);
        Assert.Contains("state=\"live\"", metrics, StringComparison.Ordinal);
        Assert.Contains("sealfs_manager_call_duration", metrics, StringComparison.Ordinal);
        Assert.Contains("dotnet_gc", metrics, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_metrics_port_can_be_left_out()
    {
        await using var manager = await ManagerFixture.StartAsync(options => options with { MetricsPort = -1 });
        Assert.Null(manager.Host.MetricsUrl);
        await manager.RegisterAsync(1);
    }

    [Theory]
    [InlineData("0.0.0.0", false, "insecure")]
    [InlineData("192.0.2.1", false, "insecure")]
    [InlineData("::", false, "insecure")]
    [InlineData("manager.example", true, "IP address")]
    public async Task Addresses_that_others_reach_are_refused(string address, bool insecure, string reason)
    {
        var refusal = await RefusedAsync(options => options with { ListenAddress = address, Insecure = insecure });
        Assert.Contains(reason, refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Insecure_listens_anywhere()
    {
        await using var manager = await ManagerFixture.StartAsync(options => options with { ListenAddress = "0.0.0.0", Insecure = true });
        using var client = new ControlClient([$"127.0.0.1:{manager.Host.Address.Split(':')[^1]}"]);
        await client.ClusterStatusAsync(ManagerFixture.Cancellation);
    }

    [Fact]
    public async Task Options_that_make_no_sense_are_refused()
    {
        Assert.Contains("replication", (await RefusedAsync(options => options with { Copies = 3 })).Message, StringComparison.Ordinal);
        await RefusedAsync(options => options with { Copies = 0 });
        await RefusedAsync(options => options with { Shards = 0 });
        await RefusedAsync(options => options with { Shards = (1 << 20) + 1 });
        await RefusedAsync(options => options with { ExpectedNodes = 0 });
        await RefusedAsync(options => options with { Port = 70_000 });
        await RefusedAsync(options => options with { HeartbeatInterval = options.NodeLease });
        await RefusedAsync(options => options with { DataDirectory = "" });
    }

    [Fact]
    public async Task A_refused_start_leaves_the_data_free()
    {
        await using var manager = await ManagerFixture.StartAsync();
        await manager.Host.DisposeAsync();
        using var taken = new TcpListener(IPAddress.Loopback, 0);
        taken.Start();
        var port = ((IPEndPoint)taken.LocalEndpoint).Port;
        await Assert.ThrowsAnyAsync<IOException>(() => ManagerHost.StartAsync(manager.Options with { Port = port }, cancellation: ManagerFixture.Cancellation));
        await manager.RestartAsync();
        await manager.RegisterAsync(1);
    }

    [Fact]
    public async Task Random_bytes_at_either_port_hurt_nobody()
    {
        await using var manager = await ManagerFixture.StartAsync();
        var seed = Random.Shared.Next();
        TestContext.Current.TestOutputHelper?.WriteLine($"seed {seed}");
        var random = new Random(seed);
        var preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"u8.ToArray();
        foreach (var port in new[] { manager.Host.Address.Split(':')[^1], new Uri(manager.Host.MetricsUrl!).Port.ToString() })
        {
            for (var count = 0; count < 200; count++)
            {
                var bytes = new byte[random.Next(1, 2_000)];
                random.NextBytes(bytes);
                await SendAsync(int.Parse(port), count % 2 == 0 ? bytes : [.. preface, .. bytes]);
            }
        }
        await manager.RegisterAsync(1);
        Assert.Equal(1u, (await manager.Client.ClusterStatusAsync(ManagerFixture.Cancellation)).NodesLive);
    }

    private static async Task SendAsync(int port, byte[] bytes)
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(IPAddress.Loopback, port, ManagerFixture.Cancellation);
        try
        {
            await socket.SendAsync(bytes, ManagerFixture.Cancellation);
            socket.Shutdown(SocketShutdown.Send);
            var answer = new byte[4_096];
            while (await socket.ReceiveAsync(answer, ManagerFixture.Cancellation) > 0)
            {
                // Until the manager closes the connection.
            }
        }
        catch (SocketException)
        {
            // It may close with a reset.
        }
    }

    private static Task<ArgumentException> RefusedAsync(Func<ManagerOptions, ManagerOptions> adjust) =>
        Assert.ThrowsAnyAsync<ArgumentException>(async () => await (await ManagerFixture.StartAsync(adjust)).DisposeAsync());
}
