using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using SealFs.Client.Routing;
using SealFs.Core;
using SealFs.Core.Messages;
using SealFs.Core.Placement;

namespace SealFs.Client.Buffering;

/// <summary>
/// Write-behind: takes an application's bytes into the arena, sends them in large pieces, and makes size and time known with the last one. Fourth stop
/// of a write. This part accepts data; .Pump sends them, .Drain waits for them, .Sync has them make it durable, .Unsynced keeps what they
/// may lose until then, .Append asks where appended bytes go, .Recovery finds what a dead worker left.
/// </summary>
internal sealed partial class WriteBack
{
    private readonly ClusterRouter _router;
    private readonly SharedArena _arena;
    private readonly FileTable _files;
    private readonly ILogger _logger;
    private readonly ulong _chunkBytes;
    private readonly Lock _dirtyGate = new();
    private readonly Dictionary<FileState, int> _dirty = [];
    private readonly ConcurrentQueue<Extent> _freeExtents = new();
    private readonly ConcurrentQueue<DrainWaiter> _freeWaiters = new();
    private TaskCompletionSource _room = NewSignal();
    private bool _isRoomWanted;

    public WriteBack(ClusterRouter router, SharedArena arena, FileTable files, ulong chunkBytes, ILogger logger)
    {
        _router = router;
        _arena = arena;
        _files = files;
        _chunkBytes = chunkBytes;
        _logger = logger;
        files.LastReleased = DropKeptOf;
        router.VerifierChanged += OnVerifierChanged;
        router.Metrics.ObserveBuffer("write_buffer", () => arena.UsedBytes);
    }

    /// <summary>Told of each file whose size and time were made known to the servers. Called with the file's gate held.</summary>
    public Action<InodeId>? Committed { get; set; }

    /// <summary>
    /// Takes as many bytes as there is room for, and returns how many. The caller holds a pin on the file. With less than it asked for it
    /// waits for <see cref="RoomAsync"/> and goes on.
    /// </summary>
    /// <param name="file">Where to.</param>
    /// <param name="offset">Position in the file.</param>
    /// <param name="data">Native memory.</param>
    /// <param name="length">Bytes.</param>
    /// <param name="nowNs">Becomes the modification time.</param>
    /// <param name="killSetIds">The kernel asks for set-user-id and set-group-id to go.</param>
    public unsafe int Accept(FileState file, ulong offset, byte* data, int length, long nowNs, bool killSetIds)
    {
        var taken = 0;
        bool send;
        bool becameDirty;
        lock (file.Gate)
        {
            var before = file.SendUpTo;
            file.WriteCount++;
            file.DropContent();
            while (taken < length)
            {
                var piece = AcceptPiece(file, offset + (uint)taken, data + taken, length - taken, nowNs, killSetIds, isAppend: false);
                if (piece == 0)
                    break;
                taken += piece;
            }
            if (file.IsSizeKnown)
                file.SizeBytes = Math.Max(file.SizeBytes, offset + (uint)taken);
            send = file.SendUpTo != before;
            becameDirty = MarkDirty(file);
        }
        Accepted(file, becameDirty, send);
        return taken;
    }

    private void Accepted(FileState file, bool becameDirty, bool send)
    {
        if (becameDirty)
            AddDirty(file);
        if (send)
            Pump(file);
        if (_arena.FreeUnits < MostKeptUnits)
            TrimKept();
        if (_arena.FreeUnits < _arena.Units / 4)
            SendEverything();
    }

    /// <summary>Completes when units were freed after the call.</summary>
    public Task RoomAsync()
    {
        Volatile.Write(ref _isRoomWanted, true);
        return Volatile.Read(ref _room).Task;
    }

    /// <summary>Under the gate. Adds to the newest range where it continues it or falls into it, else begins another.</summary>
    private unsafe int AcceptPiece(FileState file, ulong offset, byte* data, int length, long nowNs, bool killSetIds, bool isAppend)
    {
        var toChunkEnd = _chunkBytes - (offset % _chunkBytes);
        length = (int)Math.Min((ulong)Math.Min(length, Limits.ExtentBytes), toChunkEnd);
        var tail = file.Extents.Count > 0 ? file.Extents[^1] : null;
        if (tail is null || tail.IsAppend != isAppend || !CanGrow(tail, offset))
        {
            tail = Begin(file, tail, offset, length, toChunkEnd, isAppend);
            if (tail is null)
                return 0;
        }
        var at = (int)(offset - tail.Offset);
        length = Math.Min(length, tail.MostBytes - at);
        Buffer.MemoryCopy(data, _arena.Data(tail.Unit) + at, tail.MostBytes - at, length);
        tail.Length = Math.Max(tail.Length, at + length);
        tail.ModifyTimeNs = nowNs;
        tail.KillSetIds |= killSetIds;
        if (isAppend)
            NoteTaking(file, tail, length);
        Publish(tail);
        if (tail.Length == tail.MostBytes || (tail.Offset + (uint)tail.Length) % _chunkBytes == 0)
            file.SendUpTo = Math.Max(file.SendUpTo, tail.Order);
        return length;
    }

    private bool CanGrow(Extent tail, ulong offset) =>
        !tail.IsSending && offset >= tail.Offset && offset <= tail.End && offset - tail.Offset < (ulong)tail.MostBytes
        && offset / _chunkBytes == tail.Offset / _chunkBytes && (!tail.IsAppend || (tail.Run == 0 && offset == tail.End));

    /// <summary>Up to the last whole block that it has room for, but not less than what it is made for.</summary>
    private static int MostBytesOf(Extent extent, int length)
    {
        var end = (extent.Offset + (uint)extent.CapacityBytes) / Limits.BlockBytes * Limits.BlockBytes;
        return end >= extent.Offset + (uint)length ? (int)(end - extent.Offset) : extent.CapacityBytes;
    }

    /// <summary>A stream of small writes gets ranges that double, so that it is sent in large pieces soon.</summary>
    private Extent? Begin(FileState file, Extent? previous, ulong offset, int length, ulong toChunkEnd, bool isAppend)
    {
        const int MostUnits = Limits.ExtentBytes / Limits.BufferUnitBytes;
        if (!_files.TryRecord(file))
            return null;
        var needed = UnitsFor(length);
        var wanted = previous is not null && previous.End == offset ? Math.Min(MostUnits, Math.Max(needed, previous.Units * 2)) : needed;
        wanted = Math.Min(wanted, UnitsFor((int)Math.Min(toChunkEnd, Limits.ExtentBytes)));
        var unit = _arena.Allocate(wanted);
        for (; unit < 0 && wanted > 1; unit = _arena.Allocate(wanted))
            wanted = Math.Max(1, wanted / 2);
        if (unit < 0)
            return null;
        var extent = _freeExtents.TryDequeue(out var pooled) ? pooled : new Extent();
        extent.Unit = unit;
        extent.Units = wanted;
        extent.Offset = offset;
        extent.Length = 0;
        extent.MostBytes = MostBytesOf(extent, length);
        extent.Order = _arena.NextOrder();
        extent.IsSending = false;
        extent.IsToBeRepeated = false;
        extent.AckOrder = 0;
        extent.KillSetIds = false;
        extent.IsAppend = isAppend;
        extent.IsPlaced = extent.IsElsewhere = extent.JoinsNext = false;
        extent.Run = 0;
        ref var header = ref _arena.Header(unit);
        header.Append = AppendBitsOf(extent);
        header.Inode = file.Inode.Value;
        header.FileOffset = offset;
        header.Order = extent.Order;
        if (file.Extents.Count == 0)
            file.DirtySinceMs = _router.Execution.NowMs;

        // The range before this one cannot grow any more.
        if (previous is not null && previous.End == offset)
            file.SendUpTo = Math.Max(file.SendUpTo, previous.Order);
        file.Extents.Add(extent);
        return extent;
    }

    /// <summary>From here on a successor finds the data.</summary>
    private void Publish(Extent extent)
    {
        ref var header = ref _arena.Header(extent.Unit);
        header.ModifyTimeNs = extent.ModifyTimeNs;
        header.KillSetIds = extent.KillSetIds ? 1u : 0u;
        Volatile.Write(ref header.State, ExtentHeader.StateOf(extent.Length, extent.Units));
    }

    /// <summary>Under the gate: dirty data hold a pin, so that the state outlives the request. True when they have just taken it.</summary>
    private bool MarkDirty(FileState file)
    {
        if (file.IsDirtyPinned || !file.IsDirty)
            return false;
        file.IsDirtyPinned = true;
        return true;
    }

    private void AddDirty(FileState file)
    {
        _files.Pin(file);

        // Counted, because a file may become dirty again before the end of its last time was noted here.
        lock (_dirtyGate)
            _dirty[file] = _dirty.GetValueOrDefault(file) + 1;
    }

    /// <summary>The buffer runs low: everything that is dirty is sent now.</summary>
    private void SendEverything()
    {
        foreach (var file in DirtyFiles(static (_, _) => true, 0))
        {
            lock (file.Gate)
                file.SendUpTo = ulong.MaxValue;
            Pump(file);
            _files.Release(file);
        }
    }

    /// <summary>A picture of the dirty files that fit; each is pinned for the caller.</summary>
    private List<FileState> DirtyFiles(Func<FileState, long, bool> fits, long argument)
    {
        lock (_dirtyGate)
        {
            var picture = _dirty.Keys.Where(file => fits(file, argument)).ToList();
            foreach (var file in picture)
                _files.Pin(file);
            return picture;
        }
    }

    private ShardId ShardOf(InodeId inode, ulong offset) => PlacementHash.Chunk(inode, new ChunkIndex(offset / _chunkBytes), _router.ShardCount);

    private static int UnitsFor(int bytes) => (bytes + Limits.BufferUnitBytes - 1) / Limits.BufferUnitBytes;

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
