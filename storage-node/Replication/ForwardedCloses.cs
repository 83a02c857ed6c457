using System.Collections.Concurrent;
using SealFs.Core;
using SealFs.Core.Messages;
using SealFs.Core.Wire;
using SealFs.StorageNode.Inodes;
using SealFs.StorageNode.Routing;
using SealFs.StorageNode.Shards;

namespace SealFs.StorageNode.Replication;

/// <summary>
/// Closes that a client sent here for shards that have moved: the client does not ask what became of a close, and a reference that stayed would keep a removed file for as long as the session
/// lives. They are told to whoever serves the shard, for as long as a shard may be on its way. The client is answered afterwards: should this node die meanwhile, it asks again.
/// </summary>
internal sealed class ForwardedCloses(NodeContext node, ShardCalls calls, TaskFactory tasks) : IAsyncDisposable
{
    private readonly ConcurrentDictionary<Task, byte> _running = new();
    private readonly CancellationTokenSource _stopping = new();

    /// <param name="session">Whose.</param>
    /// <param name="volume">Where the inodes are.</param>
    /// <param name="references">What is closed.</param>
    /// <param name="answer">Told None when all are closed, and Busy, after which the client asks again, when that takes too long or there are too many.</param>
    public void Forward(SessionId session, VolumeId volume, List<OpenReference> references, Action<Errno> answer)
    {
        if (_running.Count >= ReplicationLimits.ForwardedCloses || _stopping.IsCancellationRequested)
        {
            answer(Errno.Busy);
            return;
        }

        var running = tasks.StartNew(() => RunAsync(session, volume, references, answer)).Unwrap();
        _running.TryAdd(running, 0);
        _ = running.ContinueWith(done => _running.TryRemove(done, out _), CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
    }

    public async ValueTask DisposeAsync()
    {
        _stopping.Cancel();
        await Task.WhenAll(_running.Keys);
        _stopping.Dispose();
    }

    private async Task RunAsync(SessionId session, VolumeId volume, List<OpenReference> references, Action<Errno> answer)
    {
        await CloseAsync(session, volume, references);
        answer(references.Count == 0 ? Errno.None : Errno.Busy);
    }

    private async Task CloseAsync(SessionId session, VolumeId volume, List<OpenReference> references)
    {
        var since = node.Time.GetTimestamp();
        var pause = ReplicationLimits.SwitchRetryFirst;
        while (references.Count > 0 && node.Time.GetElapsedTime(since) < ReplicationLimits.ForwardTime && !_stopping.IsCancellationRequested)
        {
            foreach (var group in references.GroupBy(reference => node.WhereIs(reference.Inode.Shard)).ToList())
            {
                if (group.Key == node.Identity.Node)
                    references.RemoveAll(reference => group.Contains(reference) && CloseOperation.TryClose(node, reference, session));
                else if (await calls.TellAsync(group.Key, Opcode.Close, session, volume, Encode(group)) == Errno.None)
                    references.RemoveAll(group.Contains);
            }

            if (references.Count == 0)
                return;
            await Task.Delay(pause, node.Time, _stopping.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
            pause = TimeSpan.FromTicks(Math.Min(pause.Ticks * 2, ReplicationLimits.SwitchRetryLast.Ticks));
        }
    }

    private static byte[] Encode(IEnumerable<OpenReference> references)
    {
        OpenReference[] all = [.. references];
        var bytes = new byte[all.Length * OpenReference.WireSize];
        var writer = new WireWriter(bytes);
        foreach (var reference in all)
            reference.Write(ref writer);
        return bytes;
    }
}
