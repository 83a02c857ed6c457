using Microsoft.Extensions.Logging;
using SealFs.Core;
using SealFs.StorageNode.Checks;
using SealFs.StorageNode.Chunks;
using SealFs.StorageNode.Purge;
using SealFs.StorageNode.Reservations;
using SealFs.StorageNode.Shards;

namespace SealFs.StorageNode.Files;

/// <summary>
/// The data half of a node, put together: the chunks, the threads that wait for the disk, the purger. <see cref="Attach"/> makes it part of a node;
/// that happens before the first shard is opened.
/// </summary>
public sealed class FileData : IAsyncDisposable
{
    private readonly ChunkSealer? _sealer;
    private readonly Scrubber? _scrubber;

    private FileData(NodeContext node, IChunkStore store, bool background, TimeSpan collectInterval)
    {
        Node = node;
        Store = store;
        Io = new IoThreads(node.BackgroundFailed, ChunkLimits.IoThreads, node.Execution.DiskTasks);
        Records = new ShardChunkRecords(node, Io);
        Chunks = new ChunkTable(store, Records, node.Loggers.CreateLogger<ChunkTable>(), node.Time);
        Chunks.SyncFailed = OnSyncFailed;
        Chunks.SyncLog = () => GroupCommitWait.Sync(node.GroupCommit);
        Chunks.BlocksWritten = (key, blocks) => node.Shards.LogOf(key.Shard)?.Append(in key, blocks);
        Reserved = new ReservedChunks(this);
        Purge = new Purger(this, node.Loggers.CreateLogger<Purger>());
        Collector = new ChunkCollector(this, node.Loggers.CreateLogger<ChunkCollector>(), background ? collectInterval : null);
        if (!background)
            return;
        _sealer = new ChunkSealer(Chunks, node);
        // It waits on its thread for the disk and for its turn.
        if (node.Execution.DiskTasks is null)
            _scrubber = new Scrubber(this, node.Loggers.CreateLogger<Scrubber>());
    }

    public NodeContext Node { get; }

    public IChunkStore Store { get; }

    public ChunkTable Chunks { get; }

    public Purger Purge { get; }

    /// <summary>Gives back what no file needs any more.</summary>
    public ChunkCollector Collector { get; }

    /// <summary>Which chunks this node may make.</summary>
    internal ReservedChunks Reserved { get; }

    internal CutFences CutFences { get; } = new();

    internal GoneInodes Gone { get; } = new();

    internal PurgeFence Fence { get; } = new();

    internal ShardChunkRecords Records { get; }

    public IoThreads Io { get; }

    /// <summary>Adds the file operations to a node, over a data directory's store, which belongs to the result from here on.</summary>
    /// <param name="node">Whose operations and contents this becomes.</param>
    /// <param name="store">The data engine.</param>
    /// <param name="background">Seal, scrub and collect in the background; a test that decides when chunks are sealed says no.</param>
    /// <param name="collectInterval">Between two looks for data that no file needs; null: the default.</param>
    public static FileData Attach(NodeContext node, IChunkStore store, bool background = true, TimeSpan? collectInterval = null)
    {
        var data = new FileData(node, store, background, collectInterval ?? PurgeLimits.CollectorInterval);
        FileOperations.Register(node.Operations, data);
        CheckOperations.Register(node.Operations, data);
        node.Contents = new FileContents(data);
        return data;
    }

    /// <summary>See <see cref="ChunkTable.Sync"/>: with room for the appends of files that are synced after each of them.</summary>
    internal Errno SyncChunks(VolumeId volume, InodeId inode) =>
        Chunks.Sync(inode, (uint)Math.Min(Node.Volume(volume)?.ChunkSizeBytes ?? 0, ChunkLimits.MaxChunkBytes));

    public ValueTask DisposeAsync() => StopAsync(seal: true);

    /// <summary>One file that cannot be written is the matter of those who use it; a disk that takes nothing any more is the node's.</summary>
    private void OnSyncFailed(Errno error)
    {
        Node.NoteLoss();
        if (Chunks.LossCount >= ChunkLimits.FailedChunks)
            Node.Fail($"The data disk fails: {Chunks.LossCount} chunks could not be synced ({error}).");
        else if (Store.Probe() != Errno.None)
            Node.Fail($"The data disk fails: nothing can be written to it or synced ({error}).");
    }

    /// <summary>
    /// Ends what is under way, seals what is dirty, and closes the store. The shards still commit. Without <paramref name="seal"/> the disks keep what they have, as
    /// after a kill.
    /// </summary>
    public async ValueTask StopAsync(bool seal)
    {
        if (_scrubber is not null)
            await _scrubber.DisposeAsync();
        await Collector.DisposeAsync();
        await Reserved.DisposeAsync();
        await Purge.DisposeAsync();
        Io.Dispose();
        _sealer?.Dispose();
        if (seal)
        {
            Chunks.FinishLeftovers();
            Chunks.Seal(all: true);
        }

        Store.Dispose();
    }
}
