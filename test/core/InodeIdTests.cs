using Xunit;

namespace SealFs.Core.Tests;

public sealed class InodeIdTests
{
    [Fact]
    public void The_high_20_bits_are_the_shard()
    {
        var inode = InodeId.Create(new(0xABCDE), 0x123_4567_89AB);
        Assert.Equal(0xABCDE123456789ABUL, inode.Value);
        Assert.Equal(new ShardId(0xABCDE), inode.Shard);
        Assert.Equal(0x123_4567_89ABUL, inode.SequenceInShard);
        Assert.False(inode.IsRoot);
    }

    [Fact]
    public void A_root_is_computed_from_shard_and_volume()
    {
        var root = InodeId.Root(new(7), new(42));
        Assert.True(root.IsRoot);
        Assert.Equal(42UL, root.SequenceInShard);
        Assert.False(InodeId.None.IsRoot);
    }

    [Fact]
    public void A_sequence_beyond_44_bits_is_refused()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => InodeId.Create(new(1), InodeId.SequenceMask + 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => InodeId.Create(new(1 << 20), 1));
    }
}
