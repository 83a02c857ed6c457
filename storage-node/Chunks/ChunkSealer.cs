namespace SealFs.StorageNode.Chunks;

/// <summary>The thread that seals chunks in the background, see <see cref="ChunkTable.Seal"/>.</summary>
public sealed class ChunkSealer : IDisposable
{
    private readonly ChunkTable _table;
    private readonly ManualResetEventSlim _stop = new();
    private readonly Thread _thread;

    public ChunkSealer(ChunkTable table)
    {
        _table = table;
        _thread = new Thread(Run) { IsBackground = true, Name = "chunk-sealer" };
        _thread.Start();
    }

    /// <summary>Stops the thread; the dirty chunks that are left are sealed by <see cref="ChunkTable.Seal"/> or accepted at the next start.</summary>
    public void Dispose()
    {
        _stop.Set();
        _thread.Join();
        _stop.Dispose();
    }

    private void Run()
    {
        while (!_stop.Wait(ChunkLimits.SealIntervalMs))
            _table.Seal(all: false);
    }
}
