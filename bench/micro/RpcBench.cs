using System.Diagnostics;
using System.Net;
using SealFs.Core;
using SealFs.Core.Messages;
using SealFs.Core.Rpc;
using SealFs.Core.Wire;

namespace SealFs.Bench;

/// <summary>
/// Round trips of a small request (a GetAttr: 64 bytes of header and an inode id) between two processes of this machine, over TCP and a Unix
/// socket, with 1 to 128 in flight on one connection: time, rate, processor time and allocation on each side.
/// </summary>
internal static class RpcBench
{
    private static readonly int[] s_depths = [1, 4, 16, 128];

    public static async Task<int> RunAsync(string[] args)
    {
        if (args is ["server", var path])
            return await RpcBenchServer.RunAsync(path);
        var seconds = 1.0;
        var depths = args.Skip(1).Select(text => int.TryParse(text, out var depth) ? depth : 0).ToArray();
        if ((args.Length > 0 && !double.TryParse(args[0], out seconds)) || depths.Any(depth => depth is < 1 or > RpcLimits.InFlightCalls))
        {
            Console.Error.WriteLine("usage: SealFs.Bench rpc [seconds per row [requests in flight]...]");
            return 2;
        }

        depths = depths.Length == 0 ? s_depths : depths;
        var path2 = Path.Combine(Path.GetTempPath(), $"sealfs-bench-{Environment.ProcessId}.sock");
        using var server = StartServer(path2);
        try
        {
            var port = int.Parse(await server.StandardOutput.ReadLineAsync() ?? "0");
            Console.WriteLine($"{Environment.ProcessorCount} processors, {seconds} s per row; µs per request");
            Console.WriteLine("            in flight  µs/round trip  requests/s   CPU client  CPU server  bytes allocated client / server");
            await MeasureAsync("tcp", RpcEndpoint.Tcp("127.0.0.1", port), seconds, depths);
            await MeasureAsync("unix", RpcEndpoint.Unix(path2), seconds, depths);
        }
        finally
        {
            server.StandardInput.Close();
            if (!server.WaitForExit(5000))
                server.Kill();
        }

        return 0;
    }

    private static Process StartServer(string path)
    {
        var start = new ProcessStartInfo(Environment.ProcessPath!, ["rpc", "server", path]) { RedirectStandardInput = true, RedirectStandardOutput = true };
        return Process.Start(start)!;
    }

    private static async Task MeasureAsync(string name, RpcEndpoint endpoint, double seconds, int[] depths)
    {
        await using var connection = new RpcConnection(endpoint, new RpcClientOptions { Hello = WriteHello });
        await new RpcBenchLoad(connection, 16).RunAsync(TimeSpan.FromSeconds(1));
        foreach (var depth in depths)
        {
            var before = await ServerUsageAsync(connection);
            var cpu = Environment.CpuUsage.TotalTime;
            var allocated = GC.GetTotalAllocatedBytes(precise: true);
            var load = new RpcBenchLoad(connection, depth);
            var watch = Stopwatch.StartNew();
            await load.RunAsync(TimeSpan.FromSeconds(seconds));
            var elapsed = watch.Elapsed.TotalMicroseconds;
            var count = load.Completed;
            var clientBytes = (GC.GetTotalAllocatedBytes(precise: true) - allocated) / (double)count;
            var clientCpu = (Environment.CpuUsage.TotalTime - cpu).TotalMicroseconds / count;
            var after = await ServerUsageAsync(connection);
            var serverCpu = (after.CpuMicroseconds - before.CpuMicroseconds) / (double)count;
            var serverBytes = (after.AllocatedBytes - before.AllocatedBytes) / (double)count;
            Console.WriteLine(
                $"{name,-10} {depth,10} {elapsed * depth / count,14:F1} {count / elapsed * 1e6,11:N0} {clientCpu,12:F1} {serverCpu,11:F1} {clientBytes,17:F2} / {serverBytes:F2}");
        }
    }

    private static async Task<RpcBenchUsage> ServerUsageAsync(RpcConnection connection)
    {
        var call = new RpcCall { Opcode = Opcode.Ping };
        using var response = await connection.CallAsync(in call, default(EmptyMessage));
        return response.Read<RpcBenchUsage>();
    }

    private static int WriteHello(Span<byte> body, ConnectionAttempt attempt)
    {
        var hello = new HelloRequest { ProtocolVersion = FrameHeader.CurrentVersion, Attempt = attempt, Session = new SessionId(1) };
        var writer = new WireWriter(body);
        hello.Write(ref writer);
        return writer.Position;
    }
}
