using SealFs.StorageNode.Hosting;
using SealFs.StorageNode.Shards;

namespace SealFs.StorageNode.Chunks;

/// <summary>Seals chunks in the background, see <see cref="ChunkTable.Seal"/>.</summary>
public sealed class ChunkSealer : IDisposable
{
    private static readonly TimeSpan s_interval = TimeSpan.FromMilliseconds(ChunkLimits.SealIntervalMs);

    private readonly WorkLoop _loop;

    public ChunkSealer(ChunkTable table, NodeContext node) =>
        _loop = WorkLoop.Start(node, "chunk-sealer", static () => s_interval, () => table.Seal(all: false));

    /// <summary>Ends it; the dirty chunks that are left are sealed by <see cref="ChunkTable.Seal"/> or accepted at the next start.</summary>
    public void Dispose() => _loop.Dispose();
}
