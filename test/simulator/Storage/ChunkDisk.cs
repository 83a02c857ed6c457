using SealFs.Core;
using SealFs.Simulator.World;
using SealFs.StorageNode.Chunks;

namespace SealFs.Simulator.Storage;

/// <summary>What a node's data disk holds. A machine that loses power keeps of what was not synced some pages, some halves of pages, and some of the files.</summary>
internal sealed class ChunkDisk(SimulatedWorld world)
{
    private readonly Dictionary<ChunkKey, ChunkFile> _files = [];
    private readonly Dictionary<ChunkKey, ChunkFile> _removed = [];

    public ulong TotalBytes { get; set; } = 64UL << 30;

    public ulong UsedBytes => _files.Values.Aggregate(0UL, static (sum, file) => sum + file.StoredBytes);

    public bool IsFull { get; set; }

    /// <summary>Share of the syncs of files that fail: what they were to bring to the disk is lost with the next loss of power, as if it had never been written.</summary>
    public double SyncFailures { get; set; }

    /// <summary>Share of the writes that the disk refuses with EIO.</summary>
    public double WriteFailures { get; set; }

    public ChunkFile? Find(in ChunkKey key) => _files.GetValueOrDefault(key);

    public ChunkFile FindOrCreate(in ChunkKey key)
    {
        if (!_files.TryGetValue(key, out var file))
            _files.Add(key, file = new ChunkFile());
        return file;
    }

    public void Remove(in ChunkKey key)
    {
        if (_files.Remove(key, out var file) && file.IsDurable)
            _removed.TryAdd(key, file);
    }

    public IEnumerable<ChunkKey> List(VolumeId volume, ShardId shard) => _files.Keys
        .Where(key => key.Volume == volume && key.Shard == shard)
        .OrderBy(static key => key.Inode.Value)
        .ThenBy(static key => key.Chunk.Value)
        .ToList();

    public IEnumerable<ChunkKey> Keys(ShardId shard) => _files.Keys.Where(key => key.Shard == shard);

    public IEnumerable<ShardId> Shards() => _files.Keys.Select(static key => key.Shard);

    public IEnumerable<VolumeId> Volumes() => _files.Keys.Select(static key => key.Volume).Distinct().OrderBy(static volume => volume.Value).ToList();

    public void Sync(in ChunkKey key)
    {
        Find(key)?.Sync();
        _removed.Remove(key);
    }

    public void SyncAll()
    {
        foreach (var file in _files.Values)
            file.Sync();
        _removed.Clear();
    }

    public void LosePower()
    {
        foreach (var (key, file) in _removed.OrderBy(static entry => entry.Key.Inode.Value).ThenBy(static entry => entry.Key.Chunk.Value))
        {
            if (world.Chance(0.5))
                _files.TryAdd(key, file);
        }

        _removed.Clear();
        foreach (var key in _files.Keys.OrderBy(static key => key.Inode.Value).ThenBy(static key => key.Chunk.Value).ToList())
        {
            if (!_files[key].LosePower(world))
                _files.Remove(key);
        }
    }
}
