using SealFs.Core;
using SealFs.StorageNode.Transactions.Steps;

namespace SealFs.StorageNode.Transactions;

/// <summary>What one transaction has prepared in one shard: a participant's part, which is logged, or the coordinator's own, which is not.</summary>
internal sealed class TransactionPart(TransactionId id, VolumeId volume)
{
    public TransactionId Id => id;

    public VolumeId Volume => volume;

    /// <summary>Of the client whose request it is; none after a restart, and for what the nodes do by themselves.</summary>
    public SessionId Session { get; init; }

    /// <summary>What its steps write while they are prepared is kept, and taken back when they are undone.</summary>
    public bool IsLogged { get; init; } = true;

    /// <summary>Of all rounds, in order.</summary>
    public List<TransactionStep> Steps { get; } = [];

    public List<HeldLock> Locks { get; } = [];

    /// <summary>For each round, where its steps begin.</summary>
    public List<int> RoundStarts { get; } = [];

    public int Rounds => RoundStarts.Count;

    /// <summary>The node's milliseconds when the last round was prepared; long ago after a restart, so that the coordinator is asked at once.</summary>
    public long PreparedAtMs { get; set; }

    /// <summary>The coordinator is being asked for the outcome.</summary>
    public bool IsResolving { get; set; }

    private List<Action>? _whenSettled;

    /// <summary>Calls back when it was committed or aborted here, or the shard is gone.</summary>
    public void WhenSettled(Action callback) => (_whenSettled ??= []).Add(callback);

    /// <summary>Calls those back that wait, each from a task.</summary>
    public void Settle(TaskFactory tasks)
    {
        foreach (var callback in _whenSettled ?? [])
            _ = tasks.StartNew(callback);
        _whenSettled = null;
    }

    /// <summary>Takes the last round out again.</summary>
    public void DropLastRound()
    {
        Steps.RemoveRange(RoundStarts[^1], Steps.Count - RoundStarts[^1]);
        RoundStarts.RemoveAt(Rounds - 1);
    }

    /// <summary>The steps of one round.</summary>
    public List<TransactionStep> StepsOf(int round)
    {
        var end = round + 1 < Rounds ? RoundStarts[round + 1] : Steps.Count;
        return Steps.GetRange(RoundStarts[round], end - RoundStarts[round]);
    }
}
