using SealFs.Core.Wire;

namespace SealFs.StorageNode.Shards;

/// <summary>What the node does for one opcode.</summary>
internal sealed class Operation(Opcode opcode, OperationKind kind, Action<NodeRequest> handler)
{
    public Opcode Opcode { get; } = opcode;

    public Action<NodeRequest> Handler { get; } = handler;

    public OperationKind Kind { get; } = kind;

    public bool IsShard { get; } = (kind & OperationKind.Shard) != 0;

    public bool IsGated { get; } = (kind & OperationKind.Gated) == OperationKind.Gated;

    public bool IsMutation { get; } = (kind & OperationKind.Mutation) != 0;

    public bool IsRemembered { get; } = (kind & OperationKind.Remembered) == OperationKind.Remembered;

    public bool NodesOnly { get; } = (kind & OperationKind.NodesOnly) != 0;

    public bool ForLearner { get; } = (kind & OperationKind.Learner) == OperationKind.Learner;

    public bool IsAdministration { get; } = (kind & OperationKind.Administration) != 0;

    public bool MayBePart { get; } = (kind & OperationKind.Part) != 0;

    public bool NeedsVolume { get; } = (kind & OperationKind.Volume) != 0;
}
