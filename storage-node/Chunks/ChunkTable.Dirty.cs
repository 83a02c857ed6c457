using SealFs.Core;

namespace SealFs.StorageNode.Chunks;

/// <summary>Which chunks are dirty (for the sealer), and which have to be made durable when their inode is synced.</summary>
public sealed partial class ChunkTable
{
    private readonly Dictionary<InodeId, Chunk> _unsynced = [];
    private Chunk? _firstDirty;
    private Chunk? _lastDirty;
    private int _dirtyCount;
    private long _syncEpoch;
    private long _durableEpoch;

    /// <summary>Raised by every sync of the metadata log that somebody asks for here.</summary>
    internal long SyncEpoch => Interlocked.Read(ref _syncEpoch);

    /// <summary>What was stored in an earlier epoch is on stable storage.</summary>
    internal long DurableEpoch => Interlocked.Read(ref _durableEpoch);

    public int DirtyCount => Volatile.Read(ref _dirtyCount);

    /// <summary>
    /// With the chunk's lock held, after a change of its bytes: which blocks may have other bytes now, or are there since the change. Where the bytes end may be new too.
    /// </summary>
    internal void NoteWritten(Chunk chunk, ulong blocks)
    {
        BlocksWritten?.Invoke(chunk.Key, blocks);
        NoteLoaded(chunk);
    }

    /// <summary>With the chunk's lock held: there is something in it to seal and to sync.</summary>
    internal void NoteLoaded(Chunk chunk)
    {
        if (chunk.IsDoomed)
            return;
        chunk.LastWriteMs = NowMs;
        if (chunk.Unsynced && chunk.InDirtyList)
            return;
        lock (_lock)
        {
            chunk.Unsynced = true;
            AddDirty(chunk);
            AddUnsynced(chunk);
        }
    }

    /// <summary>
    /// Makes what was written to the inode's chunks on this node durable. The caller has made the log of the metadata engine durable before:
    /// a block must be dirty on disk before it changes there. Waits for the disk. Allocates only where an inode has many chunks.
    /// </summary>
    /// <remarks>EIO while a chunk has lost something (<see cref="Chunk.HasLost"/>), however often it is asked.</remarks>
    /// <param name="inode">Whose chunks.</param>
    /// <param name="chunkBytes">What a chunk of its volume holds at most: no room is laid out beyond it. 0: none at all.</param>
    public Errno Sync(InodeId inode, uint chunkBytes = 0)
    {
        var chunks = PinUnsynced(inode);
        var outcome = Errno.None;

        // The disk gets all of them at once; the syncs after that mostly find what they wait for done.
        if (chunks.Count > 1)
        {
            foreach (var chunk in chunks)
                store.StartWriteback(chunk.FileKey, 0, 0);
        }

        foreach (var chunk in chunks)
        {
            var error = SyncChunk(chunk, chunkBytes);
            if (error != Errno.None)
                outcome = error;
            Release(chunk);
        }

        return outcome;
    }

    /// <summary>
    /// The disk begins with a range that was just written, unless a mark may not be durable yet: a clean block's new bytes would be on the disk before the mark,
    /// and a loss of power would leave a block that disagrees with its sum.
    /// </summary>
    public void StartWriteback(in ChunkKey key, uint offsetBytes, uint lengthBytes)
    {
        if (TryAcquire(key) is not { } chunk)
            return;
        if (Volatile.Read(ref chunk.MarkEpoch) < Interlocked.Read(ref _durableEpoch))
            store.StartWriteback(chunk.FileKey, offsetBytes, lengthBytes);
        Release(chunk);
    }

    /// <summary>True when <see cref="Sync"/> would find nothing to do.</summary>
    public bool IsSynced(InodeId inode)
    {
        lock (_lock)
            return !_unsynced.ContainsKey(inode);
    }

    /// <summary>Call before a sync of the metadata log is asked for, and <see cref="EndLogSync"/> with the answer when it succeeded.</summary>
    public long BeginLogSync() => Interlocked.Increment(ref _syncEpoch);

    public void EndLogSync(long epoch)
    {
        long before;
        while ((before = Interlocked.Read(ref _durableEpoch)) < epoch && Interlocked.CompareExchange(ref _durableEpoch, epoch, before) != before)
            continue;
    }

    /// <summary>
    /// True when the inode's chunk files may be synced beside the metadata log instead of after it: no block that was clean has been marked dirty by a commit that may
    /// not be on the disk yet. A mark of a new block does not matter: without it the block is a hole.
    /// </summary>
    public bool MarksAreDurable(InodeId inode)
    {
        var durable = Interlocked.Read(ref _durableEpoch);
        lock (_lock)
        {
            for (var chunk = _unsynced.GetValueOrDefault(inode); chunk is not null; chunk = chunk.NextUnsynced)
            {
                if (Volatile.Read(ref chunk.MarkEpoch) >= durable)
                    return false;
            }

            return true;
        }
    }

    private Errno SyncChunk(Chunk chunk, uint chunkBytes)
    {
        lock (chunk.SyncGate)
        {
            chunk.Enter();
            var unsynced = chunk.Unsynced;
            chunk.Unsynced = false;
            if (unsynced && chunkBytes != 0)
                LayOut(chunk, chunkBytes);
            if (unsynced)
                chunk.BeginSync();
            chunk.Exit();
            var error = unsynced && chunk.Exists ? store.Sync(chunk.FileKey) : Errno.None;
            if (unsynced)
                EndSync(chunk, error == Errno.None);
            if (error != Errno.None)
            {
                NoteSyncFailed(error, chunk.Key);
                return error;
            }
        }

        lock (_lock)
        {
            if (!chunk.Unsynced && !chunk.HasLost)
                RemoveUnsynced(chunk);
        }

        return chunk.HasLost ? Errno.EIO : Errno.None;
    }

    private void EndSync(Chunk chunk, bool succeeded)
    {
        chunk.Enter();
        chunk.EndSync(succeeded);
        if (!succeeded)
            NoteLoaded(chunk);
        chunk.Exit();
    }

    private List<Chunk> PinUnsynced(InodeId inode)
    {
        var chunks = new List<Chunk>();
        lock (_lock)
        {
            for (var chunk = _unsynced.GetValueOrDefault(inode); chunk is not null; chunk = chunk.NextUnsynced)
            {
                chunk.Pins++;
                chunks.Add(chunk);
            }
        }

        return chunks;
    }

    private void AddDirty(Chunk chunk)
    {
        if (chunk.InDirtyList)
            return;
        chunk.InDirtyList = true;
        chunk.DirtySinceMs = chunk.LastWriteMs;
        chunk.PreviousDirty = _lastDirty;
        chunk.NextDirty = null;
        if (_lastDirty is not null)
            _lastDirty.NextDirty = chunk;
        _lastDirty = chunk;
        _firstDirty ??= chunk;
        _dirtyCount++;
    }

    private void RemoveDirty(Chunk chunk)
    {
        if (!chunk.InDirtyList)
            return;
        chunk.InDirtyList = false;
        if (chunk.PreviousDirty is not null)
            chunk.PreviousDirty.NextDirty = chunk.NextDirty;
        else
            _firstDirty = chunk.NextDirty;
        if (chunk.NextDirty is not null)
            chunk.NextDirty.PreviousDirty = chunk.PreviousDirty;
        else
            _lastDirty = chunk.PreviousDirty;
        chunk.NextDirty = chunk.PreviousDirty = null;
        _dirtyCount--;
    }

    private void AddUnsynced(Chunk chunk)
    {
        if (chunk.InUnsyncedChain)
            return;
        chunk.InUnsyncedChain = true;
        chunk.NextUnsynced = _unsynced.GetValueOrDefault(chunk.Key.Inode);
        _unsynced[chunk.Key.Inode] = chunk;
    }

    private void RemoveUnsynced(Chunk chunk)
    {
        if (!chunk.InUnsyncedChain)
            return;
        chunk.InUnsyncedChain = false;
        chunk.Unsynced = false;
        var head = _unsynced[chunk.Key.Inode];
        if (ReferenceEquals(head, chunk))
        {
            if (chunk.NextUnsynced is null)
                _unsynced.Remove(chunk.Key.Inode);
            else
                _unsynced[chunk.Key.Inode] = chunk.NextUnsynced;
        }
        else
        {
            while (!ReferenceEquals(head.NextUnsynced, chunk))
                head = head.NextUnsynced!;
            head.NextUnsynced = chunk.NextUnsynced;
        }

        chunk.NextUnsynced = null;
    }
}
