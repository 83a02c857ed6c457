using SealFs.Core;

namespace SealFs.Manager.Balance;

/// <summary>Whether nodes have room for what they are given, with what has been promised to them already.</summary>
internal sealed class RoomTally(IReadOnlyDictionary<NodeId, double> promised)
{
    private readonly Dictionary<NodeId, double> promised = new(promised);

    public bool Fits(double bytes, PlacementNode source, PlacementNode target)
    {
        // Of a shard only one number is known: it is divided over the disks as everything on its node is.
        var all = promised.GetValueOrDefault(target.Id) + bytes;
        var used = source.Data.UsedBytes + source.Metadata.UsedBytes;
        var metadata = used > 0 ? all * source.Metadata.UsedBytes / used : 0;
        return target.Data.Has(all) && target.Metadata.Has(metadata);
    }

    public void Give(double bytes, NodeId target) => promised[target] = promised.GetValueOrDefault(target) + bytes;
}
