using SealFs.Core;
using Xunit;

namespace SealFs.StorageNode.Tests.Replication;

public sealed class MoveTests(ITestOutputHelper output)
{
    private static readonly NodeId s_one = new(1);
    private static readonly NodeId s_two = new(2);

    [Fact]
    public async Task A_shard_moves_there_and_back_under_load()
    {
        var seed = Random.Shared.Next();
        output.WriteLine($"seed {seed}");
        await using var cluster = new MoveCluster();
        await using var load = new MoveLoad(cluster, cluster.Root, writers: 6, seed);
        var shard = cluster.Root.Shard;
        for (var round = 0; round < 6; round++)
        {
            var before = load.Operations;
            await MoveCluster.UntilAsync(() => load.Operations > before + 200);
            await cluster.MoveAsync(shard, cluster.OwnerOf(shard) == s_one ? s_two : s_one);
            output.WriteLine($"round {round}: {load.Operations} operations, pause {cluster.Manager.Pauses[^1]} ms");
        }

        await load.StopAndCheckAsync();
    }
}
