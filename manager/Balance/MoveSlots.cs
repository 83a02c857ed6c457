using SealFs.Core;

namespace SealFs.Manager.Balance;

/// <summary>How many moves may begin. A move that stands still because one of its nodes is dead holds a slot of its nodes, but none of the cluster's.</summary>
internal sealed class MoveSlots(uint moves, uint movesPerNode)
{
    private readonly Dictionary<NodeId, uint> ofNode = [];
    private uint taken;

    public bool Any => taken < moves;

    public bool Allow(NodeId source, NodeId target) =>
        Any && ofNode.GetValueOrDefault(source) < movesPerNode && ofNode.GetValueOrDefault(target) < movesPerNode;

    public void Take(NodeId source, NodeId target, bool standsStill = false)
    {
        taken += standsStill ? 0u : 1u;
        ofNode[source] = ofNode.GetValueOrDefault(source) + 1;
        ofNode[target] = ofNode.GetValueOrDefault(target) + 1;
    }
}
