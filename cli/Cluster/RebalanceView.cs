using SealFs.Cli.Output;
using SealFs.Cli.Settings;
using SealFs.Core.Control.V1;

namespace SealFs.Cli.Cluster;

/// <summary>What makes the nodes even.</summary>
/// <param name="DryRun">True when nothing was begun.</param>
/// <param name="Moves">What is moved.</param>
/// <param name="UnevennessBefore">The largest node's deviation from its share: 0.1 is ten per cent.</param>
/// <param name="UnevennessAfter">The same when the moves are done.</param>
internal sealed record RebalanceView(bool DryRun, PlannedMoveView[] Moves, double UnevennessBefore, double UnevennessAfter)
{
    public static RebalanceView Of(RebalanceResponse plan, IReadOnlyDictionary<uint, string> names, bool isDryRun) => new(
        isDryRun,
        [.. plan.Moves.Select(move => new PlannedMoveView(move.Shard, MoveView.NameOf(move.Source, names), MoveView.NameOf(move.Target, names), move.Bytes))],
        plan.UnevennessBefore, plan.UnevennessAfter);

    public string Describe()
    {
        if (Moves.Length == 0)
            return $"Nothing to move: the unevenness is {ProgressText.Percent(UnevennessBefore)}.";
        var table = new TextTable(">SHARD", "FROM", "TO", ">BYTES");
        foreach (var move in Moves)
            table.Add($"{move.Shard}", move.Source, move.Target, ByteSize.Format(move.Bytes));
        var bytes = Moves.Aggregate(0UL, (sum, move) => sum + move.Bytes);
        return $"{table}{Moves.Length} shards with {ByteSize.Format(bytes)} {(DryRun ? "would move" : "move now")}: the unevenness goes from "
            + $"{ProgressText.Percent(UnevennessBefore)} to {ProgressText.Percent(UnevennessAfter)}.";
    }
}
