using SealFs.Core.Control.V1;

namespace SealFs.Manager.Balance;

/// <summary>How shards are moved, as somebody set it.</summary>
internal sealed record BalanceRecord
{
    public static readonly BalanceRecord Default = new()
    {
        Mode = BalanceMode.Off,
        Moves = Limits.DefaultMoves,
        MovesPerNode = Limits.DefaultMovesPerNode,
        BytesPerSecond = Limits.DefaultCopyBytesPerSecond,
    };

    public required BalanceMode Mode { get; init; }

    public required uint Moves { get; init; }

    public required uint MovesPerNode { get; init; }

    public required ulong BytesPerSecond { get; init; }

    /// <summary>When used bytes or load were balanced last without being asked for.</summary>
    public long LastAutomaticUnixMs { get; init; }

    public BalanceSettings ToProto() => new() { Mode = Mode, Moves = Moves, MovesPerNode = MovesPerNode, BytesPerSecond = BytesPerSecond };
}
