using SealFs.Core;
using SealFs.Core.Control.V1;
using SealFs.Core.Placement;
using SealFs.Simulator.Cluster;
using SealFs.Simulator.World;

namespace SealFs.Simulator.Checking;

/// <summary>Who has what, when everything is quiet: looked at from above, past what the processes tell each other.</summary>
internal sealed class OwnershipCheck(SimulatedWorld world, SimulatedCluster cluster)
{
    public void Run(VolumeInfo volume)
    {
        var map = cluster.Manager.Plane!.Maps.Current;
        foreach (var node in cluster.Nodes)
            CheckMap(node, map);
        for (var shard = 0u; shard < cluster.Options.Shards; shard++)
            CheckServers(new ShardId(shard), map);
        foreach (var node in cluster.Nodes)
        {
            CheckLeftovers(node, map);
            CheckOrphans(node);
        }

        CheckUsage(volume);
    }

    private void CheckMap(SimulatedNode node, ClusterMap map)
    {
        if (node.Parts!.Node.Map?.Version != map.Version)
            world.Fail($"{node.Name} has version {node.Parts.Node.Map?.Version} of the map, and the manager {map.Version}");
    }

    private void CheckServers(ShardId shard, ClusterMap map)
    {
        var servers = cluster.Nodes.Where(node => node.Parts!.Node.Shards.IsServed(shard)).ToList();
        if (servers is not [var server] || server.Parts!.Node.Identity.Node != map.PrimaryOf(shard))
            world.Fail($"shard {shard} is served by [{string.Join(", ", servers.Select(static node => node.Name))}], and the map says node {map.PrimaryOf(shard)}");
    }

    private void CheckLeftovers(SimulatedNode node, ClusterMap map)
    {
        var self = node.Parts!.Node.Identity.Node;
        foreach (var (shard, copy) in node.Parts.Node.Copies.List())
            world.Fail($"{node.Name} has a copy of shard {shard} left: {copy}");
        foreach (var shard in node.ShardsOnDisk().Where(shard => map.PrimaryOf(shard) != self))
            world.Fail($"{node.Name} has something left of shard {shard} on its disks: {string.Join(", ", node.LeftOf(shard))}");
    }

    /// <summary>Everything is closed, or its session is over.</summary>
    private void CheckOrphans(SimulatedNode node)
    {
        foreach (var shard in node.Parts!.Node.Shards.Opened())
        {
            foreach (var inode in shard.Orphans.Keys)
                world.Fail($"{node.Name} keeps inode {inode}, which has no name, for sessions [{string.Join(", ", shard.Opens.Sessions(inode).Select(static session => session.Value))}]");
        }
    }

    private void CheckUsage(VolumeInfo volume)
    {
        var (bytes, inodes, counted) = (0L, 0L, 0L);
        foreach (var node in cluster.Nodes)
        {
            var usage = node.Parts!.Node.Usage(new VolumeId(volume.Id));
            bytes += usage.UsedBytes;
            inodes += usage.Inodes;
            for (var shard = 0u; shard < cluster.Options.Shards; shard++)
                counted += node.Parts.Node.Shards.IsServed(new ShardId(shard)) ? node.Parts.Node.UsedBytesOf(new ShardId(shard)) : 0;
        }

        if (bytes != counted || volume.UsedBytes != (ulong)bytes || volume.UsedInodes != (ulong)inodes)
        {
            world.Fail(
                $"usage: the manager says {volume.UsedBytes} bytes and {volume.UsedInodes} inodes, the nodes {bytes} and {inodes}, their rows {counted} bytes");
        }
    }
}
