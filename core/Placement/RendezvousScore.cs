using System.Numerics;

namespace SealFs.Core.Placement;

/// <summary>
/// Weighted rendezvous hashing: every node draws a score for every shard, and the highest wins. A node's chance is its share of the weights, and a
/// node that comes or goes changes nothing between the others. The score is only used while a map is built; the result is stored, so that the last
/// bit of a logarithm on another processor moves nothing.
/// </summary>
/// <remarks>A first map of 2^20 shards over a thousand nodes takes a thousand million draws, so drawing is a few instructions without a call.</remarks>
internal static class RendezvousScore
{
    /// <summary>Draws are below this: 53 bits are what a double holds.</summary>
    public const ulong DrawLimit = 1UL << 53;

    private const ulong Seed = 0x7265_6E64_657A_766F; // "rendezvo"

    // XXH3's branch for eight bytes: two words of its secret, its seed, and its multiplier (xxhash.h: XXH3_len_4to8_64b, XXH3_rrmxmx).
    private const ulong Secret = 0xC73A_B174_C5EC_D5A2;
    private const ulong Multiplier = 0x9FB2_1C65_1E98_DF25;
    private const ulong Flip = Secret - (Seed ^ 0x6F76_7A65_0000_0000);

    /// <summary>
    /// The upper bits of XXH3 (seeded) of shard and node as two little-endian words. Of one node's shards, and of nodes of the same weight, the one with the
    /// higher draw has the higher score.
    /// </summary>
    public static ulong Draw(ShardId shard, NodeId node)
    {
        var value = (node.Value | ((ulong)shard.Value << 32)) ^ Flip;
        value ^= BitOperations.RotateLeft(value, 49) ^ BitOperations.RotateLeft(value, 24);
        value *= Multiplier;
        value ^= (value >> 35) + sizeof(ulong);
        value *= Multiplier;
        value ^= value >> 28;
        return value >> 11;
    }

    /// <summary>The half keeps a draw inside (0, 1), where the logarithm is finite and negative.</summary>
    public static double Uniform(ulong draw) => (draw + 0.5) / DrawLimit;

    public static double Of(ulong draw, double weight) => -weight / Math.Log(Uniform(draw));
}
