using SealFs.Core;
using SealFs.Core.Messages;
using Xunit;

namespace SealFs.StorageNode.Tests.Transactions;

/// <summary>Every operation across shards and its errors, against three nodes over sockets.</summary>
public sealed class OperationTests
{
    private const uint NoReplace = 1;
    private const uint Exchange = 2;

    [Fact]
    public async Task Directories_are_made_all_over_the_cluster()
    {
        await using var cluster = TestCluster.Start();
        await using var client = cluster.Client();
        var shards = new HashSet<ShardId>();
        for (var index = 0; index < 50; index++)
        {
            var (status, made) = await client.MkdirAsync(client.Root, $"d{index}", 0x1C0);
            Assert.Equal(Errno.None, status);
            Assert.Equal(InodeAttributes.TypeDirectory | 0x1C0u, made.Mode);
            Assert.Equal(2u, made.LinkCount);
            shards.Add(made.Inode.Shard);
            Assert.Equal(made, (await client.GetAttrAsync(made.Inode)).Attributes);
            Assert.Equal(made.Inode, (await client.LookupAsync(client.Root, $"d{index}")).Attributes.Inode);
            Assert.Equal(Errno.None, (await client.CreateAsync(made.Inode, "file")).Status);
        }

        Assert.True(shards.Count > 10);
        Assert.Equal(52u, (await client.GetAttrAsync(client.Root)).Attributes.LinkCount);
        Assert.Equal(Errno.EEXIST, (await client.MkdirAsync(client.Root, "d7")).Status);
        var state = await cluster.StopAndCheckAsync();
        state.AssertConsistent();
        Assert.Equal(101, state.Inodes.Count);
    }
}
