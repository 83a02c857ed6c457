using SealFs.Core;
using SealFs.Core.Messages;
using SealFs.StorageNode.Inodes;
using SealFs.StorageNode.Names;
using SealFs.StorageNode.Shards;
using Xunit;

namespace SealFs.StorageNode.Tests.Shards;

/// <summary>The layout on disk: a change here is a change of the format.</summary>
public sealed class MetadataKeyTests
{
    private static readonly ShardId s_shard = new(0x01020304);
    private static readonly VolumeId s_volume = new(0x0A0B0C0D);
    private static readonly InodeId s_inode = new(0x1122334455667788);

    [Fact]
    public void Keys_have_the_documented_bytes()
    {
        var buffer = new byte[MetadataKey.MaxLength];
        Check("01020304 0A0B0C0D 49 1122334455667788", MetadataKey.Inode(buffer, s_shard, s_volume, s_inode));
        Check("01020304 0A0B0C0D 44 1122334455667788 00000000000000FF 6162", MetadataKey.Dentry(buffer, s_shard, s_volume, s_inode, 255, "ab"u8));
        Check("01020304 0A0B0C0D 44 1122334455667788 62476FE2F5334138 6162", MetadataKey.Dentry(buffer, s_shard, s_volume, s_inode, "ab"u8));
        Check("01020304 0A0B0C0D 50 1122334455667788 00000007", MetadataKey.Partition(buffer, s_shard, s_volume, s_inode, new PartitionIndex(7)));
        Check("01020304 0A0B0C0D 58 1122334455667788 757365722E61", MetadataKey.Xattr(buffer, s_shard, s_volume, s_inode, "user.a"u8));
        Check("01020304 0A0B0C0D 4F 1122334455667788", MetadataKey.Orphan(buffer, s_shard, s_volume, s_inode));
        Check("01020304 00000000 41 0000000000000009 0002 0003", MetadataKey.Answer(buffer, s_shard, new SessionId(9), 2, 3));
        Check("01020304 00000000 53", MetadataKey.ShardState(buffer, s_shard));
        Check("01020304 00000000 55 0A0B0C0D", MetadataKey.Usage(buffer, s_shard, s_volume));
        Check("01020304 0A0B0C0D 1122334455667788", MetadataKey.InlineData(buffer, s_shard, s_volume, s_inode));
        Check("01020304 0A0B0C0D 1122334455667788 0000000000000005", MetadataKey.Chunk(buffer, s_shard, s_volume, s_inode, new ChunkIndex(5)));
    }

    [Fact]
    public void Prefixes_end_where_the_next_volume_begins()
    {
        var buffer = new byte[MetadataKey.MaxLength];
        Check("01020304 0A0B0C0E", MetadataKey.PrefixEnd(buffer, s_shard, s_volume));
        Check("01020305 00000000", MetadataKey.PrefixEnd(buffer, s_shard, new VolumeId(uint.MaxValue)));
        Check("01020304 00000000 41 0000000000000009 0002 FFFF 00", MetadataKey.AnswersEnd(buffer, s_shard, new SessionId(9), 2));
    }

    [Fact]
    public void Parts_of_keys_are_read_back()
    {
        var buffer = new byte[MetadataKey.MaxLength];
        var key = MetadataKey.Dentry(buffer, s_shard, s_volume, s_inode, 12345, "name"u8);
        Assert.Equal(s_shard, MetadataKey.ShardOf(key));
        Assert.Equal(s_inode, MetadataKey.InodeOf(key));
        Assert.Equal(12345ul, MetadataKey.PositionOf(key));
        Assert.Equal("name"u8, MetadataKey.NameOf(key));
    }

    [Fact]
    public void Rows_have_the_documented_bytes()
    {
        var buffer = new byte[256];
        Check("01 8877665544332211 A4810000", new DentryRow(s_inode, 0x81A4).Encode(buffer));
        Check("01 0700000000000000 0800000000000000", new ShardStateRow(7, 8).Encode(buffer));
        Check("01 0700000000000000 0800000000000000 FFFFFFFFFFFFFFFF", new UsageRow(7, 8, -1).Encode(buffer));

        var row = new InodeRow { InlineLength = 3, XattrBytes = 4, Attributes = new InodeAttributes { Inode = s_inode, Mode = 0x81A4 } };
        var encoded = row.Encode(buffer);
        Assert.Equal(InodeRow.FileBytes, encoded.Length);
        Check("03000000 04000000", encoded[89..]);
        row.AnnouncedBytes = 8;
        row.ReservedChunks = 9;
        row.Cuts = 10;
        encoded = row.Encode(buffer);
        Check("0800000000000000 0900000000000000 0A000000", encoded[InodeRow.FileBytes..]);
        Assert.Equal(row, InodeRow.Decode(encoded));
        row.AppendsEndBytes = 11;
        encoded = row.Encode(buffer);
        Assert.Equal(InodeRow.MaxBytes, encoded.Length);
        Check("0800000000000000 0900000000000000 0A000000 0B00000000000000", encoded[InodeRow.FileBytes..]);
        Assert.Equal(row, InodeRow.Decode(encoded));

        row = new InodeRow { InlineLength = 3, XattrBytes = 4, Attributes = new InodeAttributes { Inode = s_inode, Mode = 0x41ED } };
        row.Parent = new InodeId(5);
        row.EntryCount = 6;
        row.ModifyTimeSetAtNs = 7;
        encoded = row.Encode(buffer);
        Check("0500000000000000 0600000000000000 0700000000000000", encoded[97..]);
        Assert.Equal(row, InodeRow.Decode(encoded));
    }

    [Fact]
    public void Rows_of_another_version_or_length_are_refused()
    {
        var row = new DentryRow(s_inode, 1).Encode(new byte[16]).ToArray();
        Assert.Throws<CorruptRowException>(() => DentryRow.Decode(row.AsSpan(0, row.Length - 1)));
        row[0] = 2;
        Assert.Throws<CorruptRowException>(() => DentryRow.Decode(row));
        Assert.Throws<CorruptRowException>(() => InodeRow.Decode([]));
        Assert.Throws<CorruptRowException>(() => UsageRow.Decode([1]));
    }

    private static void Check(string expected, ReadOnlySpan<byte> actual) =>
        Assert.Equal(expected.Replace(" ", "", StringComparison.Ordinal), Convert.ToHexString(actual));
}
