using SealFs.Core;
using SealFs.StorageNode.Transactions.Steps;

namespace SealFs.StorageNode.Transactions;

/// <summary>A commit, as the coordinator's shard keeps it until every participant has it on stable storage.</summary>
internal sealed class Decision(TransactionId id, VolumeId volume, List<DecisionPart> parts, FollowUp? followUp = null)
{
    public TransactionId Id => id;

    public VolumeId Volume => volume;

    /// <summary>What participants have to know of it.</summary>
    public List<DecisionPart> Parts => parts;

    /// <summary>Set where the participant was not asked before the decision.</summary>
    public FollowUp? FollowUp => followUp;

    /// <summary>Somebody waits for a participant to know it.</summary>
    public bool IsUrgent { get; set; }

    /// <summary>Where a directory was made that its participant has not prepared durably; none for all others.</summary>
    public InodeId MadeIn => Made?.Parent ?? InodeId.None;

    private List<Action>? _whenEnded;

    /// <summary>A directory that it removes; none for all others.</summary>
    public InodeId Removed { get; } = parts.SelectMany(static part => part.Steps).OfType<RemoveDirectoryStep>().FirstOrDefault()?.Directory ?? InodeId.None;

    /// <summary>Calls back when everybody has it, or it was taken back.</summary>
    public void WhenEnded(Action callback) => (_whenEnded ??= []).Add(callback);

    /// <summary>Calls those back that wait, each from a task.</summary>
    public void End(TaskFactory tasks)
    {
        foreach (var callback in _whenEnded ?? [])
            _ = tasks.StartNew(callback);
        _whenEnded = null;
    }

    /// <summary>That directory.</summary>
    public CreateDirectoryStep? Made { get; } = parts.SelectMany(static part => part.Steps).OfType<CreateDirectoryStep>().FirstOrDefault();
}
