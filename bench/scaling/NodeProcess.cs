using SealFs.Core;
using SealFs.Core.Control;
using SealFs.Core.Control.V1;
using SealFs.Core.Placement;

namespace SealFs.Scaling;

/// <summary>Many storage nodes in one process, as far as the manager sees them: registration, lease, reports and a watched map, all of it the real code.</summary>
internal static class NodeProcess
{
    public static async Task RunAsync(string address, int count)
    {
        var running = new List<object>();
        for (var number = 1; number <= count; number++)
        {
            var client = new ControlClient([address], TimeSpan.FromSeconds(60));
            var watcher = new MapWatcher(client, wantsHints: true);
            var loop = new NodeHeartbeatLoop(client, new Agent(number), watcher);
            await loop.StartAsync(CancellationToken.None);
            watcher.Start();
            running.Add((loop, watcher));
        }
        Console.WriteLine("ready");
        await Console.In.ReadLineAsync();
        GC.KeepAlive(running);
    }

    /// <summary>Reports what a node does that serves ten shards and copies two: usage of a volume, two copies, ten shards.</summary>
    private sealed class Agent(int number) : INodeAgent
    {
        private VolumeGrant[] granted = [];

        public RegisterNodeRequest Describe() => Registration(Sample.Node(number));

        public void OnRegistered(RegisterNodeResponse registration, ClusterMap map)
        {
        }

        public void Report(HeartbeatRequest heartbeat)
        {
            heartbeat.CapacityBytes = heartbeat.MetadataCapacityBytes = 1UL << 44;
            heartbeat.FreeBytes = heartbeat.MetadataFreeBytes = 1UL << 43;
            foreach (var grant in granted)
            {
                heartbeat.Volumes.Add(new VolumeReport
                {
                    VolumeId = grant.Volume.Id,
                    UsedBytes = heartbeat.Sequence << 20,
                    UsedInodes = heartbeat.Sequence,
                    CeilingBytes = grant.CeilingBytes,
                    CeilingInodes = grant.CeilingInodes,
                });
            }
            for (var copy = 0u; copy < 2; copy++)
                heartbeat.Copies.Add(new CopyReport { Shard = copy, Step = CopyStep.Leftover, Epoch = 1, BytesTotal = 1UL << 40, BytesCopied = 1UL << 39 });
            for (var shard = 0u; shard < 10; shard++)
                heartbeat.Shards.Add(new ShardUsageReport { Shard = shard, Bytes = 1UL << 40, OperationsPerSecond = 100 });
        }

        public void OnVolumes(IReadOnlyList<VolumeGrant> volumes) => granted = [.. volumes];

        public void OnPurgeVolumes(IReadOnlyList<VolumeId> volumes)
        {
        }

        public void OnSessionsEnded(IReadOnlyList<SessionId> sessions)
        {
        }

        public void OnSessionsListed(IReadOnlySet<SessionId> live, ulong newest)
        {
        }

        public void OnRefused(string reason) => Console.Error.WriteLine($"Node {number} is refused: {reason}");
    }

    public static RegisterNodeRequest Registration(ClusterNode node) => new()
    {
        NodeUuid = new Guid((int)node.Id.Value, 1, 1, new byte[8]).ToString("D"),
        Name = node.Name,
        Address = node.Address,
        UnixPath = node.UnixPath,
        HostIdentity = node.HostIdentity,
        Zone = node.Zone,
        Incarnation = 1,
        CapacityBytes = 1UL << 44,
        PublicKey = Google.Protobuf.ByteString.CopyFrom(1),
    };
}
