using System.Diagnostics;
using SealFs.Core.Control;
using SealFs.Core.Control.V1;
using SealFs.Core.Placement;
using SealFs.Manager;
using SealFs.Manager.Store;
using SealFs.Manager.Tls;

namespace SealFs.Scaling;

/// <summary>A real manager on loopback with real nodes and clients in two other processes: what it spends on them, and how quickly a map reaches all.</summary>
internal static class ControlBench
{
    public static async Task RunAsync(BenchOptions options)
    {
        var directory = Directory.CreateTempSubdirectory("sealfs-scaling-").FullName;
        try
        {
            var manager = new ManagerOptions
            {
                DataDirectory = directory,
                Port = 0,
                MetricsPort = -1,
                Shards = options.Shards,
                ExpectedNodes = options.Nodes,
            };
            Console.WriteLine("\n| control plane | |");
            Console.WriteLine("| --- | --- |");
            await using (var host = await ManagerHost.StartAsync(manager))
            {
                await RegisterAsync(host, options.Nodes);
                await MeasureCommitsAsync(host);
            }
            var sessions = await OpenSessionsAsync(directory, options.Clients);
            var restarted = Stopwatch.GetTimestamp();
            await using (var host = await ManagerHost.StartAsync(manager))
            {
                Row("the manager starts with all this", Sample.Ms(Stopwatch.GetElapsedTime(restarted).TotalMilliseconds));
                await WithNodesAndClientsAsync(options, host, sessions);
            }
        }
        finally
        {
            Directory.Delete(directory, recursive: true);
        }
    }

    private static async Task RegisterAsync(ManagerHost host, int count)
    {
        using var client = new ControlClient([host.Address], TimeSpan.FromSeconds(60));
        var begun = Stopwatch.GetTimestamp();
        var cpu = Process.GetCurrentProcess().TotalProcessorTime;
        foreach (var node in Sample.Nodes(count))
            await client.RegisterNodeAsync(NodeProcess.Registration(node));
        var taken = Stopwatch.GetElapsedTime(begun);
        Row(
            $"{count:N0} nodes register, one after the other, and the map is built",
            $"{Sample.Ms(taken.TotalMilliseconds)}, {(Process.GetCurrentProcess().TotalProcessorTime - cpu).TotalSeconds:F1} s of processor with their side");
    }

    private static async Task MeasureCommitsAsync(ManagerHost host)
    {
        using var client = new ControlClient([host.Address], TimeSpan.FromSeconds(60));
        await client.CreateVolumeAsync(new CreateVolumeRequest { Name = "data" });
        const int Count = 100;
        var begun = Stopwatch.GetTimestamp();
        for (var index = 0; index < Count; index++)
            await host.Plane.OpenSessionAsync(new OpenSessionRequest { Volume = "data", ClientName = "client", Host = "host" }, Caller.Unknown, default);
        var taken = Stopwatch.GetElapsedTime(begun).TotalMilliseconds / Count;
        Row("a session opened (one commit of the store)", $"{Sample.Ms(taken)}, {1000 / taken:N0} a second");
    }

    /// <summary>Straight into the store, in one commit: opening them is measured above.</summary>
    private static async Task<string> OpenSessionsAsync(string directory, int count)
    {
        await using var store = LiteDbManagerStore.Open(directory);
        var volume = RecordCodec.Volumes(await store.LoadAsync(default)).Single().Id;
        var batch = new StoreBatch();
        var ids = Enumerable.Range(1, count).Select(number => (ulong)number << 32 | 7).ToArray();
        foreach (var id in ids)
            batch.Put(new SessionRecord { Id = id, VolumeId = volume, ReadOnly = false, ClientName = "client", Host = "host", OpenedUnixMs = 1, Number = id, PublicKey = [], Owner = "", Administration = false });
        await store.ApplyAsync(batch, default);
        var path = Path.Combine(directory, "sessions.txt");
        await File.WriteAllLinesAsync(path, ids.Select(id => $"{id}"));
        return path;
    }

    private static async Task WithNodesAndClientsAsync(BenchOptions options, ManagerHost host, string sessions)
    {
        using var nodes = new ChildProcess("nodes", host.Address, $"{options.Nodes}");
        await nodes.NextAsync("ready", TimeSpan.FromMinutes(5));

        // The first seconds are spent on compiling.
        await Task.Delay(TimeSpan.FromSeconds(options.Quick ? 1 : 10));
        await IdleAsync(options, $"{options.Nodes:N0} nodes: heartbeats every second with 2 copies and 10 shards each", nodes);
        using var clients = new ChildProcess("clients", host.Address, $"{options.Clients}", sessions);
        await clients.NextAsync("ready", TimeSpan.FromMinutes(10));
        await Task.Delay(TimeSpan.FromSeconds(options.Quick ? 1 : 10));
        await IdleAsync(options, $"and {options.Clients:N0} clients: sessions renewed every 20 s, connections kept alive", clients);
        await FanOut.RunAsync(options, host.Plane.Maps, clients);
        Row("memory of the manager (with this measurement)", Sample.Size(Process.GetCurrentProcess().WorkingSet64));
        Row("memory of the process with all clients", Sample.Size(clients.MemoryBytes));
    }

    private static async Task IdleAsync(BenchOptions options, string what, ChildProcess other)
    {
        // Twenty seconds hold one renewal of each session.
        var seconds = options.Quick ? 3 : 20;
        var others = other.ProcessorTime;
        var cpu = Process.GetCurrentProcess().TotalProcessorTime;
        await Task.Delay(TimeSpan.FromSeconds(seconds));
        Row(
            what,
            $"manager {(Process.GetCurrentProcess().TotalProcessorTime - cpu).TotalSeconds / seconds:F2} cores, their process "
            + $"{(other.ProcessorTime - others).TotalSeconds / seconds:F2}");
    }

    internal static void Row(string what, string value) => Console.WriteLine($"| {what} | {value} |");
}
