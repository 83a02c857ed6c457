using Microsoft.Extensions.Logging.Abstractions;
using SealFs.Client.Buffering;
using SealFs.Client.Routing;
using SealFs.Client.Tests.Fakes;
using SealFs.Core;

namespace SealFs.Client.Tests.Buffering;

/// <summary>The write-behind half of a worker, on memory that a successor can take over.</summary>
internal sealed class WorkerModel : IAsyncDisposable
{
    private readonly SharedMemory _memory;
    private readonly ushort _generation;
    private readonly FakeNode _node;
    private readonly ulong _chunkBytes;

    private WorkerModel(FakeNode node, ulong chunkBytes, SharedMemory memory, ushort generation, int operationTimeoutMs = 10_000, bool isFenced = false)
    {
        _node = node;
        _chunkBytes = chunkBytes;
        _memory = memory;
        _generation = generation;
        Router = new ClusterRouter(FakeCluster.Session(FakeCluster.Map(node), chunkBytes), generation, operationTimeoutMs, 1, NullLogger.Instance);
        Arena = new SharedArena(memory.Layout, memory.Descriptor);
        Files = new FileTable(Arena);
        WriteBack = new WriteBack(Router, Arena, Files, chunkBytes, NullLogger.Instance);
        RecoveredBytes = WriteBack.Recover(isFenced);
    }

    public ClusterRouter Router { get; }

    public SharedArena Arena { get; }

    public FileTable Files { get; }

    public WriteBack WriteBack { get; }

    public long RecoveredBytes { get; }

    public static WorkerModel First(FakeNode node, ulong chunkBytes, ArenaLayout layout, int operationTimeoutMs = 10_000) =>
        new(node, chunkBytes, SharedMemory.Create(layout), 0, operationTimeoutMs);

    /// <summary>This worker is dead as of now; its successor starts on what it left.</summary>
    /// <param name="isFenced">The session is over, and the successor has another one.</param>
    public async Task<WorkerModel> DieAsync(bool isFenced = false)
    {
        var left = _memory.Copy();
        _node.LeastGeneration = _generation + 1;
        await DisposeAsync();
        return new WorkerModel(_node, _chunkBytes, left, (ushort)(_generation + 1), isFenced: isFenced);
    }

    public unsafe void Write(InodeId inode, ulong offset, ReadOnlySpan<byte> data)
    {
        var file = Files.Acquire(inode);
        fixed (byte* start = data)
        {
            for (var taken = 0; taken < data.Length;)
            {
                var room = WriteBack.RoomAsync();
                taken += WriteBack.Accept(file, offset + (uint)taken, start + taken, data.Length - taken, nowNs: 1000, killSetIds: false);
                if (taken < data.Length)
                    room.Wait();
            }
        }
        Files.Release(file);
    }

    /// <summary>What a write(2) to a file that was opened with O_APPEND does; returns how many bytes were taken.</summary>
    public unsafe int Append(InodeId inode, ReadOnlySpan<byte> data, ulong request = 0, ulong offset = 0)
    {
        var file = Files.Acquire(inode);
        int taken;
        fixed (byte* start = data)
            taken = WriteBack.AcceptAppend(file, ref offset, start, data.Length, nowNs: 1000, killSetIds: false, request);
        Files.Release(file);
        return taken;
    }

    /// <summary>What close does: returns what deferred work failed with.</summary>
    public async Task<Errno> FlushAsync(InodeId inode, FileHandle handle = default)
    {
        var file = Files.Acquire(inode);
        await WriteBack.DrainAsync(file, commit: true);

        // The drain ends on a receiver's thread, which a test must not keep.
        await Task.Yield();
        Errno error;
        lock (file.Gate)
            error = Arena.TellFlush(file, handle);
        Files.Release(file);
        return error;
    }

    /// <summary>What fsync does.</summary>
    public async Task<Errno> SyncAsync(InodeId inode, FileHandle handle = default)
    {
        var file = Files.Acquire(inode);
        var drained = await WriteBack.DrainToSyncAsync(file);
        await Task.Yield();
        var error = await WriteBack.SyncAsync(file, dataOnly: false, drained);
        await Task.Yield();
        lock (file.Gate)
        {
            var told = Arena.TellSync(file, handle);
            error = told == Errno.None ? error : told;
        }
        Files.Release(file);
        return error;
    }

    public async ValueTask DisposeAsync()
    {
        await Router.DisposeAsync();
        _memory.Dispose();
    }
}
