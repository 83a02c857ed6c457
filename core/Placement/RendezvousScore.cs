using System.Buffers.Binary;
using System.IO.Hashing;

namespace SealFs.Core.Placement;

/// <summary>
/// Weighted rendezvous hashing: every node draws a score for every shard, and the highest wins. A node's chance is its share of the weights, and a
/// node that comes or goes changes nothing between the others. The score is only used while a map is built; the result is stored, so that the last
/// bit of a logarithm on another processor moves nothing.
/// </summary>
internal static class RendezvousScore
{
    private const long Seed = 0x7265_6E64_657A_766F; // "rendezvo"

    public static double Of(ShardId shard, NodeId node, double weight)
    {
        Span<byte> bytes = stackalloc byte[2 * sizeof(uint)];
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, shard.Value);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes[sizeof(uint)..], node.Value);
        var hash = XxHash3.HashToUInt64(bytes, Seed);

        // 53 bits are what a double holds; the half keeps the value inside (0, 1), where the logarithm is finite and negative.
        var uniform = ((hash >> 11) + 0.5) / (1UL << 53);
        return -weight / Math.Log(uniform);
    }
}
