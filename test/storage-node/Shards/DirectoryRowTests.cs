using SealFs.Core;
using SealFs.Core.Messages;
using SealFs.StorageNode.Engine;
using SealFs.StorageNode.Inodes;
using SealFs.StorageNode.Shards;
using Xunit;

namespace SealFs.StorageNode.Tests.Shards;

/// <summary>Rows of directories are cached: whatever changes one, the next mutation sees the change, and one that was not committed is not seen.</summary>
public sealed class DirectoryRowTests : IDisposable
{
    private static readonly VolumeId s_volume = new(1);
    private static readonly InodeId s_directory = InodeId.Create(default, 1 << 21);

    private readonly TemporaryDirectory _directory = new();
    private readonly ShardRig _rig;
    private readonly Shard _shard;

    public DirectoryRowTests()
    {
        _rig = new ShardRig(_directory.In("store"));
        _shard = _rig.Node.Shards.Find(default(ShardId))!;
        Commit(mutation => mutation.PutInode(Row(s_directory, 1)));
        Assert.Equal(1u, Read());
    }

    [Fact]
    public void A_committed_change_is_seen()
    {
        Commit(mutation => mutation.PutInode(Row(s_directory, 2)));
        Assert.Equal(2u, Read());
    }

    [Fact]
    public void What_was_staged_is_seen_within_its_mutation_alone()
    {
        using (_shard.Enter())
        {
            var mutation = _shard.Begin(s_volume);
            mutation.PutInode(Row(s_directory, 2));
            Assert.True(mutation.TryGetInode(s_directory, out var row));
            Assert.Equal(2u, row.Attributes.Uid);
        }

        Assert.Equal(1u, Read());
    }

    [Fact]
    public void Several_directories_of_one_mutation_are_all_seen()
    {
        var other = InodeId.Create(default, (1 << 21) + 1);
        Commit(mutation =>
        {
            mutation.PutInode(Row(other, 8));
            mutation.PutInode(Row(s_directory, 9));
            mutation.PutInode(Row(other, 10));
        });
        Assert.Equal(9u, Read());
        Assert.Equal(10u, Read(other));
    }

    [Fact]
    public void Deleting_by_row_key_or_range_is_seen()
    {
        Commit(mutation => mutation.DeleteInode(s_directory));
        Assert.Null(Read());

        var key = MetadataKey.Inode(new byte[MetadataKey.MaxLength], default, s_volume, s_directory).ToArray();
        Commit(mutation => mutation.PutInode(Row(s_directory, 3)));
        Commit(mutation => mutation.Delete(Table.Metadata, key));
        Assert.Null(Read());

        Commit(mutation => mutation.PutInode(Row(s_directory, 4)));
        Commit(mutation => mutation.DeleteRange(Table.Metadata, key.AsSpan(0, 8), [1]));
        Assert.Null(Read());

        Commit(mutation => mutation.Put(Table.Metadata, key, Row(s_directory, 5).Encode(new byte[InodeRow.MaxBytes])));
        Assert.Equal(5u, Read());
        Commit(mutation => mutation.Put(Table.Metadata, key, Row(s_directory, 6).Encode(new byte[InodeRow.MaxBytes])));
        Assert.Equal(6u, Read());

        Commit(mutation =>
        {
            mutation.PutInode(Row(s_directory, 7));
            mutation.DeleteInode(s_directory);
        });
        Assert.Null(Read());
    }

    [Fact]
    public void Another_volume_does_not_see_it()
    {
        using (_shard.Enter())
            Assert.False(_shard.Begin(new VolumeId(2)).TryGetInode(s_directory, out _));
    }

    public void Dispose()
    {
        _rig.Dispose();
        _directory.Dispose();
    }

    private static InodeRow Row(InodeId inode, uint uid) => new()
    {
        Attributes = new InodeAttributes { Inode = inode, Mode = 0x41ED, LinkCount = 2, Uid = uid },
    };

    private void Commit(Action<Mutation> stage)
    {
        using (_shard.Enter())
        {
            var mutation = _shard.Begin(s_volume);
            stage(mutation);
            mutation.Commit();
        }
    }

    private uint? Read(InodeId? inode = null)
    {
        using (_shard.Enter())
            return _shard.Begin(s_volume).TryGetInode(inode ?? s_directory, out var row) ? row.Attributes.Uid : null;
    }
}
