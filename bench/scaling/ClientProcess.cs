using System.Diagnostics;
using SealFs.Core;
using SealFs.Core.Control;
using SealFs.Core.Control.V1;
using SealFs.Core.Placement;

namespace SealFs.Scaling;

/// <summary>
/// Many clients in one process. Each has a connection of its own, a session that it renews and a watch stream. Some keep a map, as a client does
/// (<see cref="MapWatcher"/>); ten thousand maps would be one machine's memory, so the rest only read what comes.
/// </summary>
internal static class ClientProcess
{
    private const int Keeping = 100;

    /// <param name="address">The manager.</param>
    /// <param name="count">Clients.</param>
    /// <param name="sessions">A file with a session id a line, open at the manager.</param>
    public static async Task RunAsync(string address, int count, string sessions)
    {
        var ids = (await File.ReadAllLinesAsync(sessions)).Select(ulong.Parse).ToArray();
        using var first = new ControlClient([address], TimeSpan.FromSeconds(60));
        var map = await first.GetMapAsync();
        var arrivals = new Arrivals(count);
        var running = new List<object>();
        for (var index = 0; index < count; index++)
        {
            var client = new ControlClient([address], TimeSpan.FromSeconds(60));
            var session = new ClientSession(new SessionId(ids[index]), default, 0, TimeSpan.FromSeconds(60), false, new VolumeInfo(), map);
            running.Add(ClientSessionLoop.Attach(client, session));
            running.Add(index < Keeping ? Keep(client, map, arrivals) : ReadAsync(client, map, arrivals));

            // All at once would measure the backlog of the listening socket.
            if (index % 50 == 49)
                await Task.Delay(50);
        }
        await arrivals.Watching;
        Console.WriteLine("ready");
        await Console.In.ReadLineAsync();
        GC.KeepAlive(running);
    }

    private static MapWatcher Keep(ControlClient client, ClusterMap map, Arrivals arrivals)
    {
        var watcher = new MapWatcher(client, map);
        watcher.Changed += next => arrivals.Note(next.Version);
        watcher.Start();
        arrivals.Begin();
        return watcher;
    }

    private static async Task ReadAsync(ControlClient client, ClusterMap map, Arrivals arrivals)
    {
        var request = new WatchMapRequest { HaveVersion = map.Version, ClusterId = map.ClusterId.ToString("D") };
        arrivals.Begin();
        await foreach (var update in client.WatchMapAsync(request))
            arrivals.Note(update.UpdateCase == MapUpdate.UpdateOneofCase.Diff ? update.Diff.Version : update.Full.Version);
    }

    /// <summary>Prints when the last of all has a version, and the clock (which all processes of a machine share) at the median and the last.</summary>
    private sealed class Arrivals(int count)
    {
        private readonly Lock gate = new();
        private readonly Dictionary<ulong, List<long>> times = [];
        private readonly TaskCompletionSource watching = new();
        private int begun;

        public Task Watching => watching.Task;

        public void Begin()
        {
            if (Interlocked.Increment(ref begun) == count)
                watching.TrySetResult();
        }

        public void Note(ulong version)
        {
            var now = Stopwatch.GetTimestamp();
            lock (gate)
            {
                if (!times.TryGetValue(version, out var seen))
                    times[version] = seen = new List<long>(count);
                seen.Add(now);
                if (seen.Count != count)
                    return;
                seen.Sort();
                Console.WriteLine($"seen {version} {seen[count / 2]} {seen[^1]}");
                times.Remove(version);
            }
        }
    }
}
