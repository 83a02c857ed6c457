using SealFs.Core.Messages;

namespace SealFs.StorageNode.Replication;

/// <summary>What a shard ended with, for the learner that took it over.</summary>
internal sealed class Retirement
{
    /// <summary>Nothing is entered from this position on; set when everything that was under way has ended.</summary>
    public ulong Position { get; set; }

    public ulong EffectSequence { get; init; }

    public List<HandedReference> References { get; } = [];
}
