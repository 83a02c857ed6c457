using System.Globalization;
using SealFs.Core.Control.V1;

namespace SealFs.Cli.Cluster;

/// <summary>How the cluster balances its nodes.</summary>
/// <param name="Mode">off or automatic.</param>
/// <param name="Moves">At a time in the cluster.</param>
/// <param name="MovesPerNode">At a time from or to one node.</param>
/// <param name="BytesPerSecond">What a node spends on copying; 0: no limit.</param>
internal sealed record BalanceView(string Mode, uint Moves, uint MovesPerNode, ulong BytesPerSecond)
{
    public static BalanceView Of(BalanceSettings settings) => new(EnumText.Of(settings.Mode), settings.Moves, settings.MovesPerNode, settings.BytesPerSecond);

    public string Describe()
    {
        var bandwidth = BytesPerSecond == 0 ? "no limit" : string.Create(CultureInfo.InvariantCulture, $"{BytesPerSecond / 1e6:0.###} MB/s");
        var meaning = Mode == "off" ? "when nodes come, go, are drained or change their weight" : "also when bytes or load have become uneven";
        return $"""
            mode            {Mode} (shards move {meaning})
            moves           {Moves} at a time
            moves per node  {MovesPerNode} at a time
            bandwidth       {bandwidth} for each node

            """;
    }
}
