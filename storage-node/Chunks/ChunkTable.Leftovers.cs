using SealFs.Core;

namespace SealFs.StorageNode.Chunks;

/// <summary>What waits for the metadata log before it may be destroyed: parts of chunk files, and files that other ones have replaced.</summary>
public sealed partial class ChunkTable
{
    private List<Chunk> _leftovers = [];
    private List<(ChunkKey File, long Epoch)> _oldFiles = [];
    private int _dropping;
    private bool _leftoversScheduled;

    /// <summary>Chunks and files of which something has still to be destroyed.</summary>
    public int Leftovers
    {
        get
        {
            lock (_lock)
                return _leftovers.Count + _oldFiles.Count + _dropping;
        }
    }

    /// <summary>Makes what the records say durable. Waits.</summary>
    internal Errno SyncRecords()
    {
        var epoch = BeginLogSync();
        var error = records.Sync();
        if (error == Errno.None)
            EndLogSync(epoch);
        return error;
    }

    /// <summary>With the chunk's lock held.</summary>
    internal void NoteLeftovers(Chunk chunk)
    {
        if (chunk.InLeftoversList)
            return;
        chunk.InLeftoversList = true;
        bool schedule;
        lock (_lock)
        {
            chunk.Pins++;
            _leftovers.Add(chunk);
            schedule = !_leftoversScheduled;
            _leftoversScheduled = true;
        }

        if (schedule)
            ScheduleLeftovers();
    }

    /// <summary>Removes a file that no record names, after the records are on stable storage.</summary>
    /// <param name="file">Which.</param>
    /// <param name="epoch">After the record was stored that does not name it any more, as <see cref="SyncEpoch"/>.</param>
    internal void RemoveLater(in ChunkKey file, long epoch)
    {
        bool schedule;
        lock (_lock)
        {
            _oldFiles.Add((file, epoch));
            schedule = !_leftoversScheduled;
            _leftoversScheduled = true;
        }

        if (schedule)
            ScheduleLeftovers();
    }

    /// <summary>True for a file that is no chunk's any more and waits to be removed.</summary>
    internal bool IsLeftover(in ChunkKey file)
    {
        lock (_lock)
        {
            foreach (var old in _oldFiles)
            {
                if (old.File == file)
                    return true;
            }

            return _chunks.TryGetValue(file with { Generation = 0 }, out var chunk) && chunk.InLeftoversList && chunk.Generation == file.Generation;
        }
    }

    /// <summary>At an orderly stop: destroys what waits, as far as the disks let it. What is left is found at the next start.</summary>
    public void FinishLeftovers()
    {
        if (Leftovers != 0 && SyncRecords() == Errno.None)
            RemoveLeftovers();
    }

    private void ScheduleLeftovers()
    {
        var epoch = BeginLogSync();
        records.AfterNextSync(() =>
        {
            EndLogSync(epoch);
            RemoveLeftovers();
        });
    }

    private void RemoveLeftovers()
    {
        List<Chunk> chunks;
        List<(ChunkKey File, long Epoch)> files;
        lock (_lock)
        {
            (chunks, files) = (_leftovers, _oldFiles);
            (_leftovers, _oldFiles) = ([], []);
            _leftoversScheduled = false;
            _dropping += chunks.Count + files.Count;
        }

        foreach (var chunk in chunks)
            RemoveLeftovers(chunk);
        foreach (var (file, epoch) in files)
            RemoveFile(file, epoch);
        lock (_lock)
            _dropping -= chunks.Count + files.Count;
    }

    private void RemoveLeftovers(Chunk chunk)
    {
        chunk.Enter();
        chunk.InLeftoversList = false;

        // What a learner has taken over is not touched: whoever serves it next cuts it.
        var isDone = chunk.IsDoomed || (IsDurable(chunk.LeftoversEpoch) && chunk.DropLeftovers() == Errno.None);
        if (!isDone)
            NoteLeftovers(chunk);
        chunk.Exit();
        Release(chunk);
    }

    /// <summary>Under the chunk's lock: it may have come to use a file of this name since.</summary>
    private void RemoveFile(in ChunkKey file, long epoch)
    {
        var chunk = Acquire(file with { Generation = 0 });
        chunk.Enter();
        var error = chunk.EnsureLoaded();
        if (error == Errno.None && !(chunk.Exists && chunk.Generation == file.Generation))
            error = IsDurable(epoch) ? store.Remove(file) : Errno.EAGAIN;
        chunk.Exit();
        Release(chunk);
        if (error is not (Errno.None or Errno.WrongEpoch))
            RemoveLater(file, epoch);
    }

    private bool IsDurable(long epoch) => epoch < Interlocked.Read(ref _durableEpoch);
}
