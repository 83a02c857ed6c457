using SealFs.Client;
using SealFs.Client.FileSystem;
using SealFs.Core;
using SealFs.Simulator.Cluster;

namespace SealFs.Simulator.Workload;

/// <summary>What the threads of a client have open. The nodes are told as a mount tells them: late, together, and again when one was restarted or got shards.</summary>
internal sealed class OpenFiles
{
    private readonly SortedDictionary<ulong, (int Opens, ulong Stamp)> _open = [];
    private readonly CloseBatcher _closes;
    private ulong _lastStamp;

    /// <summary>In the client's process, when it has its router.</summary>
    public OpenFiles(SimulatedClient client)
    {
        var router = client.Router!;
        _closes = new CloseBatcher(router, Opened);
        router.NodeRestarted += node => _ = _closes.ReassertAsync(node);
        router.MapChanged += _closes.OnMapChanged;
        _ = SendAsync(client.Process.Clock);
    }

    public ulong NextStamp() => ++_lastStamp;

    /// <summary>An open with this stamp was answered.</summary>
    public void Add(InodeId file, ulong stamp)
    {
        var (opens, last) = _open.GetValueOrDefault(file.Value);
        _open[file.Value] = (opens + 1, Math.Max(last, stamp));
    }

    public void Close(InodeId file)
    {
        var (opens, stamp) = _open[file.Value];
        if (opens > 1)
        {
            _open[file.Value] = (opens - 1, stamp);
            return;
        }

        _open.Remove(file.Value);
        _closes.Add(file, stamp);
    }

    private List<(InodeId Inode, ulong Stamp)> Opened() => [.. _open.Select(static entry => (new InodeId(entry.Key), entry.Value.Stamp))];

    private async Task SendAsync(TimeProvider clock)
    {
        while (true)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(Limits.CloseDelayMs), clock);
            await _closes.SendAsync();
        }
    }
}
