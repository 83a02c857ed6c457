using SealFs.Core;
using SealFs.Core.Messages;
using SealFs.Core.Placement;
using SealFs.Core.Wire;
using SealFs.StorageNode.Routing;
using SealFs.StorageNode.Shards;

namespace SealFs.StorageNode.Transactions;

/// <summary>
/// Commits that nobody waits for, because what they are about is already there (a new directory) or looked at no more (a removed one): they are told together, after a
/// sync of the log that comes anyway, with one message for each node. What is lost here with the process is in the log, and told by the next start.
/// </summary>
internal sealed class CommitQueue : IAsyncDisposable
{
    private readonly TransactionService _service;
    private readonly Lock _gate = new();
    private readonly ITimer _timer;
    private List<QueuedCommit> _waiting = [];

    public CommitQueue(TransactionService service)
    {
        _service = service;
        _timer = service.Node.Time.CreateTimer(static queue => ((CommitQueue)queue!).OnTimer(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    private void OnTimer() => _service.Node.Guard("Telling participants", Flush);

    /// <summary>Takes over to tell one participant, the only one that does not know yet.</summary>
    public void Add(Shard home, Decision decision, DecisionPart participant)
    {
        bool isFirst;
        lock (_gate)
        {
            _waiting.Add(new QueuedCommit(home, decision, participant));
            isFirst = _waiting.Count == 1;
        }

        if (isFirst)
            _timer.Change(TimeSpan.FromMilliseconds(Limits.TellTogetherMs), Timeout.InfiniteTimeSpan);
    }

    public ValueTask DisposeAsync() => _timer.DisposeAsync();

    private void Flush()
    {
        List<QueuedCommit> waiting;
        lock (_gate)
            (waiting, _waiting) = (_waiting, []);
        _service.WhenDurable(isUrgent: false, () => Tell(waiting));
    }

    private void Tell(List<QueuedCommit> commits)
    {
        Failpoints.Hit(Failpoints.BeforeTelling);
        var map = _service.Node.Map!;
        foreach (var group in commits.GroupBy(commit => map.PrimaryOf(commit.Part.Shard)))
        {
            // In the order of the shards, so that the receiver meets each of them once.
            foreach (var batch in group.OrderBy(commit => commit.Part.Shard.Value).Chunk(Limits.CommitsPerMessage))
                _service.Track(TellAsync(group.Key, batch));
        }
    }

    private async Task TellAsync(NodeId node, QueuedCommit[] commits)
    {
        var answer = await _service.Calls.CallNodeAsync(node, Opcode.TransactionCommits, Encode(commits), Limits.DecideCallMs);
        foreach (var commit in commits)
        {
            // Each of them by itself, for as long as it takes, when the node was not reached, serves other shards by now, or has lost one of them.
            if (answer.Status == Errno.None)
                TransactionService.Delivered(commit.Home, commit.Decision.Id);
            else
                _service.DeliverAgain(commit.Home, commit.Decision, commit.Part);
        }
    }

    private static RawBody Encode(QueuedCommit[] commits)
    {
        var bytes = new byte[commits.Length * TransactionCommitsRequest.BytesPerCommit];
        var writer = new WireWriter(bytes);
        foreach (var commit in commits)
        {
            writer.U32(commit.Part.Shard.Value);
            writer.U64(commit.Decision.Id.Value);
        }

        return new RawBody(bytes);
    }

    private readonly record struct QueuedCommit(Shard Home, Decision Decision, DecisionPart Part);
}
