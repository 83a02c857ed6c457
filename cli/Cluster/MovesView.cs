using SealFs.Cli.Output;
using SealFs.Cli.Settings;
using SealFs.Core.Control.V1;

namespace SealFs.Cli.Cluster;

/// <summary>What moves, and what has moved.</summary>
/// <param name="Moves">Planned and under way.</param>
/// <param name="Completed">Since the cluster was made.</param>
/// <param name="CompletedBytes">Copied by these.</param>
/// <param name="LongestPauseMs">The longest time in which a shard was served by nobody, of the last hundred moves.</param>
internal sealed record MovesView(MoveView[] Moves, ulong Completed, ulong CompletedBytes, ulong LongestPauseMs)
{
    public static MovesView Of(ListMovesResponse moves, IReadOnlyDictionary<uint, string> names) => new(
        [.. moves.Moves.Select(move => MoveView.Of(move, names))], moves.Completed, moves.CompletedBytes, moves.LongestPauseMs);

    /// <param name="most">Rows; what is under way comes first.</param>
    public string Table(int most)
    {
        var table = new TextTable(">ID", ">SHARD", "FROM", "TO", "WHY", "DOING", "PROGRESS", ">OF", ">BEHIND", "PROBLEM");
        foreach (var move in Moves.OrderBy(move => move.Phase == "waiting").ThenBy(move => move.Id).Take(most))
        {
            table.Add(
                $"{move.Id}", $"{move.Shard}", move.Source, move.Target, move.Reason, move.Doing, ProgressText.Bar(move.Fraction),
                move.BytesTotal == 0 ? "" : ByteSize.Format(move.BytesTotal), move.EffectsBehind == 0 ? "" : $"{move.EffectsBehind}", move.Problem);
        }
        return Moves.Length > most ? $"{table}… and {Moves.Length - most} more\n" : table.ToString();
    }

    public string Describe()
    {
        var past = Completed == 0
            ? "No shard has moved yet."
            : $"{Completed} moves were completed, {ByteSize.Format(CompletedBytes)} copied; the longest pause of a shard in the last hundred: {LongestPauseMs} ms.";
        return Moves.Length == 0 ? $"Nothing is moving. {past}" : $"{Table(int.MaxValue)}{past}";
    }
}
