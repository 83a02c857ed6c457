namespace SealFs.Core.Placement;

/// <summary>Gives every shard that lacks copies to the nodes that score best for it among those that are short of their share.</summary>
internal sealed class VacancyFiller
{
    private readonly PlannedNodes nodes;
    private readonly ShardHolders holders;
    private readonly List<int> everybody;

    // Nodes only take while vacancies are filled, so these shrink; both are in the order of the nodes.
    private readonly List<int> wanting;
    private readonly List<int> roomy;

    public VacancyFiller(PlannedNodes nodes, ShardHolders holders)
    {
        this.nodes = nodes;
        this.holders = holders;
        everybody = [.. Enumerable.Range(0, nodes.Count)];
        wanting = nodes.Below(nodes.Least);
        roomy = nodes.Below(nodes.Most);
    }

    public void Run()
    {
        for (var shard = 0; shard < holders.Count; shard++)
        {
            while (!holders.IsComplete(shard))
                Take(shard, Choose(shard));
        }
    }

    /// <summary>
    /// The best-scored node that is short of its share; when none is, the best-scored with room in its rounding; then the least filled. Zones are kept apart
    /// as long as they can be.
    /// </summary>
    private int Choose(int shard)
    {
        var chosen = BestScored(shard, wanting);
        if (chosen < 0)
            chosen = BestScored(shard, roomy);
        if (chosen < 0)
            chosen = LeastFilled(shard, separateZones: true);
        return chosen >= 0 ? chosen : LeastFilled(shard, separateZones: false);
    }

    private void Take(int shard, int node)
    {
        holders.Add(shard, node);
        if (nodes.Held(node) == nodes.Least[node])
            wanting.Remove(node);
        if (nodes.Held(node) == nodes.Most[node])
            roomy.Remove(node);
    }

    private int BestScored(int shard, List<int> candidates)
    {
        var id = new ShardId((uint)shard);
        var best = -1;
        var bestScore = 0.0;
        foreach (var node in candidates)
        {
            var draw = RendezvousScore.Draw(id, nodes.Id(node));

            // A score beats the best only if its uniform draw is above exp(-weight / best), and that is at least 1 - weight / best: this rules out nearly all
            // without a logarithm. The slack is far above the rounding of either side.
            var weight = nodes.Weight(node);
            if (best >= 0 && RendezvousScore.Uniform(draw) < 1 - (weight / bestScore) - 1e-12)
                continue;
            var score = RendezvousScore.Of(draw, weight);
            if (score <= bestScore || !holders.MayHold(shard, node, replaced: -1))
                continue;
            best = node;
            bestScore = score;
        }
        return best;
    }

    private int LeastFilled(int shard, bool separateZones)
    {
        var best = -1;
        var bestFill = double.MaxValue;
        foreach (var node in everybody)
        {
            if (separateZones ? !holders.MayHold(shard, node, replaced: -1) : holders.Of(shard).Contains(node))
                continue;
            var fill = nodes.Fill(node, nodes.Held(node) + 1);
            if (fill > bestFill || (fill == bestFill && Score(shard, node) <= Score(shard, best)))
                continue;
            best = node;
            bestFill = fill;
        }
        return best;
    }

    private double Score(int shard, int node) =>
        RendezvousScore.Of(RendezvousScore.Draw(new ShardId((uint)shard), nodes.Id(node)), nodes.Weight(node));
}
