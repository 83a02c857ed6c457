namespace SealFs.Core.Placement;

/// <summary>Moves replicas from nodes above their share to nodes below it; each takes the shards for which it scores best.</summary>
internal sealed class ExcessMover(PlannedNodes nodes, ShardHolders holders)
{
    private readonly List<(ulong Draw, int Shard)> candidates = [];
    private readonly HashSet<int> exhaustedZones = [];

    public void Run()
    {
        // First everybody gets the whole part of its share, from the fullest as long as that suffices, so that the last step finds next to nothing to do:
        // after it nobody keeps more than its share rounded up.
        MoveWhile(needyBelow: nodes.Least, donorAbove: nodes.Most);
        MoveWhile(needyBelow: nodes.Least, donorAbove: nodes.Least);
        MoveWhile(needyBelow: nodes.Most, donorAbove: nodes.Most);
    }

    private void MoveWhile(int[] needyBelow, int[] donorAbove)
    {
        exhaustedZones.Clear();
        foreach (var receiver in nodes.Below(needyBelow).OrderBy(node => nodes.Fill(node, nodes.Held(node))).ToList())
        {
            if (!nodes.AnyAbove(donorAbove))
                return;
            if (exhaustedZones.Contains(nodes.Zone(receiver)))
                continue;
            Receive(receiver, needyBelow[receiver], donorAbove);

            // While zones are kept apart, what one node of a zone could not get no other node of it can, until somebody else's moves change who holds what.
            if (holders.SeparatesZones && nodes.Held(receiver) < needyBelow[receiver])
                exhaustedZones.Add(nodes.Zone(receiver));
        }
    }

    /// <summary>
    /// Takes the shards in the order of the receiver's scores, which for one node is that of its draws. They are looked through in bands of draws from the top,
    /// so that a node that wants a thousand of a million shards sorts some thousands. A shard that cannot be taken at first cannot be later: donors only give.
    /// </summary>
    private void Receive(int receiver, int wanted, int[] donorAbove)
    {
        var upper = RendezvousScore.DrawLimit;
        var fraction = 2.0 * (wanted - nodes.Held(receiver) + 4) / holders.Count;
        while (nodes.Held(receiver) < wanted && upper > 0)
        {
            var lower = fraction >= 1 ? 0 : (ulong)((1 - fraction) * RendezvousScore.DrawLimit);
            Collect(receiver, lower, upper, donorAbove);
            foreach (var (_, shard) in candidates)
            {
                if (nodes.Held(receiver) >= wanted)
                    break;
                TryMove(shard, receiver, donorAbove);
            }
            upper = lower;
            fraction *= 4;
        }
    }

    private void Collect(int receiver, ulong lower, ulong upper, int[] donorAbove)
    {
        candidates.Clear();
        var id = nodes.Id(receiver);
        for (var shard = 0; shard < holders.Count; shard++)
        {
            var draw = RendezvousScore.Draw(new ShardId((uint)shard), id);
            if (draw >= lower && draw < upper && FullestDonor(shard, receiver, donorAbove) >= 0)
                candidates.Add((draw, shard));
        }
        candidates.Sort(static (left, right) => left.Draw != right.Draw ? right.Draw.CompareTo(left.Draw) : left.Shard.CompareTo(right.Shard));
    }

    private void TryMove(int shard, int receiver, int[] donorAbove)
    {
        var donor = FullestDonor(shard, receiver, donorAbove);
        if (donor < 0)
            return;
        holders.Remove(shard, donor);
        holders.Add(shard, receiver);
        exhaustedZones.Clear();
    }

    private int FullestDonor(int shard, int receiver, int[] donorAbove)
    {
        var fullest = -1;
        foreach (var holder in holders.Of(shard))
        {
            if (nodes.Held(holder) <= donorAbove[holder] || !holders.MayHold(shard, receiver, replaced: holder))
                continue;
            if (fullest < 0 || nodes.Fill(holder, nodes.Held(holder)) > nodes.Fill(fullest, nodes.Held(fullest)))
                fullest = holder;
        }
        return fullest;
    }
}
