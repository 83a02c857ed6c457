using SealFs.Core;
using SealFs.Core.Control.V1;
using SealFs.Manager.Balance;
using SealFs.Manager.Tests.Moves;
using Xunit;

namespace SealFs.Manager.Tests.Balance;

/// <summary>Shares go by weight times capacity, in coarse steps.</summary>
public sealed class CountedCapacityTests
{
    private const ulong GiB = 1UL << 30;

    [Theory]
    [InlineData(1000, 0, new ulong[0], 1000)]
    [InlineData(0, 0, new ulong[] { 1000 }, 0)]
    [InlineData(1010, 0, new ulong[] { 1000 }, 1000)]
    [InlineData(1010, 0, new ulong[] { 950, 1000, 2000 }, 1000)]
    [InlineData(1100, 1000, new ulong[] { 1099 }, 1000)]
    [InlineData(1200, 1000, new ulong[] { 1000 }, 1200)]
    [InlineData(0, 1000, new ulong[0], 1000)]
    public void Capacities_that_are_nearly_the_same_count_as_one(ulong capacity, ulong before, ulong[] others, ulong counted) =>
        Assert.Equal(counted * GiB, CountedCapacity.Of(capacity * GiB, before * GiB, others.Select(other => other * GiB)));

    [Fact]
    public async Task The_first_map_goes_by_weight_times_capacity_and_unknown_is_in_the_middle()
    {
        await using var cluster = await StartAsync([(1000, 0), (1000, 2), (3000, 0), (0, 1)]);
        Assert.Equal([10, 20, 30, 10], await ServedAsync(cluster));
    }

    [Fact]
    public async Task A_little_more_moves_nothing_and_a_larger_disk_does()
    {
        await using var cluster = await StartAsync([(1000, 0), (1000, 0)], shards: 30);
        cluster[2].Stop();
        await cluster[2].StartAsync(request => request.CapacityBytes = 1050 * GiB);
        await cluster.SettleAsync();
        Assert.Equal(0ul, (await cluster.MovesAsync()).Completed);
        cluster[2].Stop();
        await cluster[2].StartAsync(request => request.CapacityBytes = 2000 * GiB);
        await cluster.SettleAsync();
        Assert.Equal([10, 20], await ServedAsync(cluster));
    }

    private static async Task<ScriptedCluster> StartAsync((ulong Capacity, double Weight)[] nodes, uint shards = 70)
    {
        var cluster = await ScriptedCluster.StartAsync(nodes: 0, shards, options => options with { ExpectedNodes = nodes.Length });
        foreach (var (capacity, weight) in nodes)
            await cluster.AddAsync(request => (request.CapacityBytes, request.Weight) = (capacity * GiB, weight));
        return cluster;
    }

    private static async Task<IEnumerable<int>> ServedAsync(ScriptedCluster cluster)
    {
        var map = await cluster.MapAsync();
        return cluster.Nodes.Select(node => map.Shards.ToArray().Count(shard => shard.Primary.Value == node.Id)).ToList();
    }
}
