using System.Text;
using SealFs.Core.Placement;
using Xunit;

namespace SealFs.Core.Tests.Placement;

/// <summary>
/// The vectors pin the on-disk format: a change that breaks one of them loses every file of every cluster. They are never adjusted.
/// They were computed with the reference implementation of xxHash, not with this code.
/// </summary>
public sealed class PlacementHashTests
{
    [Theory]
    [InlineData(1ul, "a", 0xC7883D5628053D59ul)]
    [InlineData(0x123456789ABCDEFul, "directory", 0x20D55FDC69966313ul)]
    [InlineData(ulong.MaxValue, "", 0x81A823748429D2DAul)]
    public void Directory_is_pinned(ulong parent, string name, ulong expected) =>
        Assert.Equal(expected, PlacementHash.Directory(new InodeId(parent), Encoding.UTF8.GetBytes(name)));

    [Theory]
    [InlineData(255, 0xA70791F54FBB836Bul)]
    [InlineData(232, 0xA9A9F4BEC23BD25Eul)]
    [InlineData(100, 0xF315E6D0775BF149ul)]
    public void Directory_is_pinned_for_long_names(int length, ulong expected) =>
        Assert.Equal(expected, PlacementHash.Directory(new InodeId(7), LongName(length)));

    [Theory]
    [InlineData(1ul, 1ul, 0x1EB487D38DC953CAul)]
    [InlineData(0x100000000001ul, 2ul, 0x7BAF0D5B75E40BA9ul)]
    [InlineData(ulong.MaxValue, ulong.MaxValue, 0x21AA091DEBA73683ul)]
    public void Chunk_is_pinned(ulong inode, ulong chunk, ulong expected) =>
        Assert.Equal(expected, PlacementHash.Chunk(new InodeId(inode), new ChunkIndex(chunk)));

    [Theory]
    [InlineData(1ul, 1u, 0xCC6FBD69BCFC284Dul)]
    [InlineData(0x100000000001ul, 4095u, 0x8779E1A6C2E4977Bul)]
    public void Partition_is_pinned(ulong directory, uint partition, ulong expected) =>
        Assert.Equal(expected, PlacementHash.Partition(new InodeId(directory), new PartitionIndex(partition)));

    [Theory]
    [InlineData("", 0xC7A150D07F6B6386ul)]
    [InlineData("a", 0xB70FBF8287C065E6ul)]
    [InlineData("README.md", 0x1C31549092F22A15ul)]
    [InlineData("größe", 0x78D968CCC76C8BB6ul)]
    public void Name_is_pinned(string name, ulong expected) => Assert.Equal(expected, PlacementHash.Name(Encoding.UTF8.GetBytes(name)));

    [Theory]
    [InlineData(255, 0x095433F6BFF98E49ul)]
    [InlineData(241, 0x32EE3DAA7577A0A9ul)]
    public void Name_is_pinned_for_long_names(int length, ulong expected) => Assert.Equal(expected, PlacementHash.Name(LongName(length)));

    [Theory]
    [InlineData(1u, 0xB6D2C5AC1623CBFAul)]
    [InlineData(1048575u, 0x44BCF32C0142503Aul)]
    public void Volume_is_pinned(uint volume, ulong expected) => Assert.Equal(expected, PlacementHash.Volume(new VolumeId(volume)));

    [Fact]
    public void A_shard_is_the_hash_modulo_the_shards()
    {
        var hash = PlacementHash.Volume(new VolumeId(1));
        Assert.Equal(new ShardId((uint)(hash % 257)), PlacementHash.Volume(new VolumeId(1), 257));
        Assert.Equal(new ShardId(0), PlacementHash.Volume(new VolumeId(1), 1));
    }

    [Fact]
    public void The_first_chunk_and_the_first_partition_stay_with_the_inode()
    {
        var inode = InodeId.Create(new ShardId(17), InodeId.FirstOrdinarySequence);
        Assert.Equal(new ShardId(17), PlacementHash.Chunk(inode, new ChunkIndex(0), 256));
        Assert.Equal(new ShardId(17), PlacementHash.Partition(inode, new PartitionIndex(0), 256));
    }

    [Fact]
    public void A_root_lies_in_its_volume_shard_and_counts_as_a_root()
    {
        var root = PlacementHash.Root(new VolumeId(9), 256);
        Assert.True(root.IsRoot);
        Assert.Equal(PlacementHash.Volume(new VolumeId(9), 256), root.Shard);
        Assert.Equal(9ul, root.SequenceInShard);
    }

    [Fact]
    public void Equal_fields_hash_differently_in_every_use()
    {
        var eight = new byte[8];
        eight[0] = 1;
        ulong[] hashes =
        [
            PlacementHash.Directory(new InodeId(1), eight),
            PlacementHash.Chunk(new InodeId(1), new ChunkIndex(1)),
            PlacementHash.Partition(new InodeId(1), new PartitionIndex(1)),
            PlacementHash.Name(eight),
            PlacementHash.Volume(new VolumeId(1)),
        ];
        Assert.Equal(hashes.Length, hashes.Distinct().Count());
    }

    [Fact]
    public void A_name_that_is_too_long_is_refused() =>
        Assert.Throws<ArgumentOutOfRangeException>(() => PlacementHash.Directory(new InodeId(1), new byte[256]));

    private static byte[] LongName(int length) => [.. Enumerable.Range(0, length).Select(index => (byte)('a' + (index % 26)))];
}
