using System.Buffers.Binary;
using System.IO.Hashing;
using CsCheck;
using SealFs.Core.Placement;
using Xunit;

namespace SealFs.Core.Tests.Placement;

public sealed class RendezvousScoreTests
{
    [Fact]
    public void A_draw_is_the_upper_part_of_the_hash_of_shard_and_node() => Gen.Select(Gen.UInt[0, PlacementLimits.MaxShards - 1], Gen.UInt).Sample(
        (shard, node) =>
        {
            var bytes = new byte[8];
            BinaryPrimitives.WriteUInt32LittleEndian(bytes, shard);
            BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(4), node);
            Assert.Equal(XxHash3.HashToUInt64(bytes, 0x7265_6E64_657A_766F) >> 11, RendezvousScore.Draw(new ShardId(shard), new NodeId(node)));
        },
        iter: 10_000);
}
