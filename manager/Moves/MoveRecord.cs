using SealFs.Core;
using SealFs.Core.Control.V1;

namespace SealFs.Manager.Moves;

/// <summary>A shard on its way from one node to another, as it is stored. Each step makes the next record.</summary>
internal sealed record MoveRecord
{
    /// <summary>Never used twice. A move that had to go back from switching goes on under a new one, so that what was asked before that can do nothing any more.</summary>
    public required ulong Id { get; init; }

    public required uint Shard { get; init; }

    public required uint Source { get; init; }

    public required uint Target { get; init; }

    public required MovePhase Phase { get; init; }

    public required MoveReason Reason { get; init; }

    public required long StartedUnixMs { get; init; }

    /// <summary>The map version in which the target serves; 0 until it does.</summary>
    public ulong SwitchVersion { get; init; }

    public ulong BytesCopied { get; init; }

    /// <summary>How long nobody served the shard.</summary>
    public ulong PauseMs { get; init; }

    public ShardId ShardId => new(Shard);

    public NodeId SourceId => new(Source);

    public NodeId TargetId => new(Target);

    /// <summary>The target is a learner of the shard.</summary>
    public bool IsCopying => Phase is MovePhase.Copying or MovePhase.Switching;

    /// <summary>The source may have stopped serving.</summary>
    public bool IsSwitching => Phase == MovePhase.Switching;

    /// <summary>The target does not serve yet.</summary>
    public bool IsOpen => Phase != MovePhase.Dropping;

    public bool Touches(NodeId node) => SourceId == node || TargetId == node;

    public MoveRecord Began() => this with { Phase = MovePhase.Copying };

    public MoveRecord Switching() => this with { Phase = MovePhase.Switching };

    public MoveRecord WentBack(ulong newId) => this with { Id = newId, Phase = MovePhase.Copying };

    public MoveRecord Switched(ulong mapVersion, ulong bytesCopied, ulong pauseMs) =>
        this with { Phase = MovePhase.Dropping, SwitchVersion = mapVersion, BytesCopied = bytesCopied, PauseMs = pauseMs };
}

/// <summary>A move that is over, kept for a while so that a question that comes late is answered.</summary>
internal sealed record EndedMove(ulong Id, uint Target, ulong PauseMs);

/// <summary>What is counted over all moves.</summary>
internal sealed record MoveTotalsRecord
{
    public ulong LastMoveId { get; init; }

    public ulong Completed { get; init; }

    public ulong CompletedBytes { get; init; }

    /// <summary>The newest last.</summary>
    public IReadOnlyList<EndedMove>? Recent { get; init; }

    public MoveTotalsRecord With(MoveRecord ended) => this with
    {
        Completed = Completed + 1,
        CompletedBytes = CompletedBytes + ended.BytesCopied,
        Recent = [.. (Recent ?? []).TakeLast(Limits.RecentMovesKept - 1), new EndedMove(ended.Id, ended.Target, ended.PauseMs)],
    };
}

/// <summary>For which nodes the shards have been placed.</summary>
internal sealed record PlacementRecord
{
    /// <summary>The nodes with their weights; see <see cref="Balance.ShareWeights"/>.</summary>
    public string? PlacedFor { get; init; }

    /// <summary>Nothing is left to be moved for these nodes.</summary>
    public bool Settled { get; init; }

    /// <summary>Shards whose place somebody chose: kept until the nodes change.</summary>
    public IReadOnlyList<uint>? Pinned { get; init; }

    public PlacementRecord Pin(ShardId shard) => Pinned is { } pinned && pinned.Contains(shard.Value) ? this : this with { Pinned = [.. Pinned ?? [], shard.Value] };
}
