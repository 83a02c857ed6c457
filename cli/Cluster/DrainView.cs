using SealFs.Cli.Settings;
using SealFs.Core.Control.V1;

namespace SealFs.Cli.Cluster;

/// <summary>How far a node has been emptied.</summary>
/// <param name="ShardsLeft">That it serves still.</param>
/// <param name="ShardsAtStart">That it served when the drain began.</param>
/// <param name="BytesLeft">In them.</param>
/// <param name="RemainingMs">Estimated; null while nothing can be said.</param>
/// <param name="Done">It can be removed.</param>
/// <param name="Problem">Why it does not get on; empty when it does.</param>
internal sealed record DrainView(uint ShardsLeft, uint ShardsAtStart, ulong BytesLeft, ulong? RemainingMs, bool Done, string Problem)
{
    public static DrainView Of(DrainProgress progress) => new(
        progress.ShardsLeft, progress.ShardsAtStart, progress.BytesLeft, progress.HasRemainingMs ? progress.RemainingMs : null, progress.Done, progress.Problem);

    public double Fraction => Done || ShardsAtStart == 0 ? 1 : 1 - (double)Math.Min(ShardsLeft, ShardsAtStart) / ShardsAtStart;

    /// <summary>"[####…]  40 %, 12 of 20 shards left (1.5 GiB), about 3 min 20 s".</summary>
    public string Describe()
    {
        if (Done)
            return "drained: it can be removed";
        var time = RemainingMs is { } left ? $", about {ProgressText.Time(TimeSpan.FromMilliseconds(left))}" : "";
        var problem = Problem.Length > 0 ? $": {Problem}" : "";
        return $"{ProgressText.Bar(Fraction)}, {ShardsLeft} of {ShardsAtStart} shards left ({ByteSize.Format(BytesLeft)}){time}{problem}";
    }
}
