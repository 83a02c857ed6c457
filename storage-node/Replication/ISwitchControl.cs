using SealFs.Core.Control;
using SealFs.Core.Placement;

namespace SealFs.StorageNode.Replication;

/// <summary>What a learner asks of the manager. Refusals and failures are <see cref="ControlException"/>s.</summary>
public interface ISwitchControl
{
    /// <summary>The copy is verified: may the shard be taken over? Asked again, the answer is the same.</summary>
    Task BeginSwitchAsync(ulong move, CancellationToken cancellation);

    /// <summary>The copy is complete and on stable storage. Returns the map in which this node serves the shard.</summary>
    Task<ClusterMap> CompleteMoveAsync(CompletedCopy copy, CancellationToken cancellation);
}

/// <summary>A move as far as its target has done it.</summary>
/// <param name="Move">Which.</param>
/// <param name="EffectSequence">The source's last effect, which the copy has.</param>
/// <param name="BytesCopied">Over the network.</param>
/// <param name="PauseMs">Served by nobody for so long.</param>
public readonly record struct CompletedCopy(ulong Move, ulong EffectSequence, ulong BytesCopied, ulong PauseMs);
