using SealFs.Core.Control.V1;

namespace SealFs.Cli.Cluster;

/// <summary>A shard on its way from one node to another.</summary>
/// <param name="Id">For <c>cluster cancel-move</c>.</param>
/// <param name="Shard">What moves.</param>
/// <param name="Source">Name of the node that gives it away.</param>
/// <param name="Target">Name of the node that gets it.</param>
/// <param name="Phase">waiting, copying, switching or dropping.</param>
/// <param name="Reason">share, drain, balance or manual.</param>
/// <param name="Step">What the target does: copying, tailing, verifying, switching; empty until it has reported.</param>
/// <param name="BytesTotal">As far as it is known.</param>
/// <param name="BytesCopied">Of these.</param>
/// <param name="EffectsBehind">Changes at the source that the copy does not have yet.</param>
/// <param name="Problem">Why it does not get on; empty when it does.</param>
/// <param name="Started">When it was planned.</param>
internal sealed record MoveView(
    ulong Id, uint Shard, string Source, string Target, string Phase, string Reason, string Step, ulong BytesTotal, ulong BytesCopied, ulong EffectsBehind,
    string Problem, DateTimeOffset Started)
{
    public static MoveView Of(MoveStatus move, IReadOnlyDictionary<uint, string> names) => new(
        move.MoveId, move.Shard, NameOf(move.Source, names), NameOf(move.Target, names), EnumText.Of(move.Phase), EnumText.Of(move.Reason),
        move.Copy is { Step: not CopyStep.Unspecified } copy ? EnumText.Of(copy.Step) : "", move.Copy?.BytesTotal ?? 0, move.Copy?.BytesCopied ?? 0,
        move.Copy?.EffectsBehind ?? 0, move.Copy?.Problem ?? "", DateTimeOffset.FromUnixTimeMilliseconds(move.StartedUnixMs));

    /// <summary>How much of the work is done, of 1. An empty shard has nothing to copy.</summary>
    public double Fraction => Phase switch
    {
        "waiting" => 0,
        "dropping" => 1,
        _ when BytesTotal > 0 => Math.Min(1, (double)BytesCopied / BytesTotal),
        _ => Step is "" or "copying" ? 0 : 1,
    };

    /// <summary>The step where there is one, since it says more than the phase.</summary>
    public string Doing => Phase == "copying" && Step.Length > 0 ? Step : Phase;

    public static string NameOf(uint node, IReadOnlyDictionary<uint, string> names) => names.GetValueOrDefault(node, $"node {node}");
}
