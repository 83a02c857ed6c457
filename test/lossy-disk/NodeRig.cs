using SealFs.Client.Fsck;
using SealFs.Core;
using SealFs.Core.Messages;
using SealFs.Core.Placement;
using SealFs.Core.Wire;
using SealFs.StorageNode.Hosting;
using SealFs.StorageNode.Tests.Hosting;
using Xunit;

namespace SealFs.LossyDisk.Tests;

/// <summary>A storage node in a process of its own, both of whose directories are on a lossy disk, with a manager and a client.</summary>
internal sealed class NodeRig : IAsyncDisposable
{
    public const int BlockBytes = 65_536;
    private const uint Shards = 4;
    private const uint ChunkBytes = 4 << 20;

    /// <summary>The boot id is handed over by the environment of this process, which other tests change too.</summary>
    private static readonly SemaphoreSlim s_starting = new(1);

    private readonly NodeHarness _harness;
    private ChildHost? _child;
    private Guid _boot = Guid.NewGuid();

    private NodeRig(Disk disk, NodeHarness harness, NodeClient client)
    {
        Disk = disk;
        _harness = harness;
        Client = client;
    }

    public Disk Disk { get; }

    public NodeClient Client { get; }

    public InodeId Root => _harness.Root;

    public static async Task<NodeRig> StartAsync(long capacityBytes = 4L << 30)
    {
        var disk = await Disk.MountAsync(capacityBytes);
        var harness = await NodeHarness.StartAsync(Shards, nodeDirectory: disk.Root);
        var rig = new NodeRig(disk, harness, await harness.ConnectAsync());
        await harness.Host.DisposeAsync();
        await rig.StartNodeAsync();
        return rig;
    }

    public async Task StartNodeAsync()
    {
        await s_starting.WaitAsync();
        try
        {
            Environment.SetEnvironmentVariable("SEALFS_TEST_BOOT_ID", _boot.ToString());
            _child = await ChildHost.StartAsync(_harness.Options());
        }
        finally
        {
            s_starting.Release();
        }
    }

    public async Task KillAsync()
    {
        await _child!.DisposeAsync();
        _child = null;
    }

    /// <summary>The node's machine loses power: what the disk loses is said by the command (all, pages SEED, torn SEED). Then it starts again.</summary>
    public async Task LosePowerAsync(string how)
    {
        await KillAsync();
        await Disk.CommandAsync($"lose {how}");
        _boot = Guid.NewGuid();
        await StartNodeAsync();
    }

    public async Task<InodeId> CreateAsync(string name) => (await RepeatAsync(() => Client.CreateAsync(Root, name))).As<EntryReply>().Attributes.Inode;

    /// <summary>Writes to chunk 0 and commits the size.</summary>
    public async Task<Errno> WriteAsync(InodeId inode, uint offset, byte[] bytes, WriteFlags flags = WriteFlags.Commit)
    {
        var write = new WriteRequest(inode, default, offset, flags | WriteFlags.Commit, offset + (ulong)bytes.Length, 1);
        return (await RepeatAsync(() => Client.AskAsync(Opcode.Write, PlacementHash.Chunk(inode, default, Shards), in write, bytes))).Status;
    }

    public async Task<Errno> FsyncAsync(InodeId inode) => (await RepeatAsync(() => Client.AskAsync(Opcode.Fsync, inode.Shard, new FsyncRequest(inode, false)))).Status;

    public async Task<(Errno Status, byte[] Bytes)> ReadAsync(InodeId inode, uint offset, uint length)
    {
        var answer = await RepeatAsync(() => Client.AskAsync(Opcode.Read, PlacementHash.Chunk(inode, default, Shards), new ReadRequest(inode, default, offset, length)));
        return (answer.Status, answer.Payload);
    }

    public async Task<VolumeCheckReport> CheckAsync() => await VolumeCheck.RunAsync(_harness.Control, "test", new VolumeCheckOptions { Verify = true });

    /// <summary>Sends until the node answers: it may be starting.</summary>
    public static async Task<NodeAnswer> RepeatAsync(Func<Task<NodeAnswer>> send)
    {
        var end = Environment.TickCount64 + 60_000;
        while (true)
        {
            var answer = await send();
            if (answer.Status is not (Errno.Disconnected or Errno.ETIMEDOUT or Errno.Busy or Errno.WrongEpoch) || Environment.TickCount64 > end)
                return answer;
            await Task.Delay(10);
        }
    }

    /// <summary>Bytes that say where they belong, different for each seed.</summary>
    public static byte[] Pattern(int seed, int length)
    {
        var bytes = new byte[length];
        new Random(seed).NextBytes(bytes);
        return bytes;
    }

    public async ValueTask DisposeAsync()
    {
        await Disk.CommandAsync("heal");
        await Client.DisposeAsync();
        if (_child is not null)
            await _child.DisposeAsync();
        await _harness.DisposeAsync();
        await Disk.DisposeAsync();
    }
}
