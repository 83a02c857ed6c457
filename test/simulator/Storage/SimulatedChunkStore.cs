using SealFs.Core;
using SealFs.Simulator.World;
using SealFs.StorageNode.Chunks;

namespace SealFs.Simulator.Storage;

/// <summary>The data engine of one life of a node, over a disk that outlives it.</summary>
internal sealed unsafe class SimulatedChunkStore(ChunkDisk disk, SimulatedProcess process, CrashPoint crash) : IChunkStore
{
    /// <summary>Told of a sync that has failed.</summary>
    public Action Failed { get; init; } = static () => { };

    /// <summary>Told of a write for which there was no room.</summary>
    public Action Filled { get; init; } = static () => { };

    /// <summary>Says that a sync which failed was done.</summary>
    public bool ForgetsFailures { get; init; }

    public Errno Read(in ChunkKey key, uint offsetBytes, byte* target, uint lengthBytes)
    {
        var span = new Span<byte>(target, (int)lengthBytes);
        span.Clear();
        disk.Find(key)?.Read(offsetBytes, span);
        return Errno.None;
    }

    /// <summary>Sometimes it has to be waited for.</summary>
    public Errno ReadNow(in ChunkKey key, uint offsetBytes, byte* target, uint lengthBytes) =>
        process.World.Chance(0.5) ? Errno.EAGAIN : Read(key, offsetBytes, target, lengthBytes);

    public Errno Write(in ChunkKey key, uint offsetBytes, byte* source, uint lengthBytes)
    {
        crash.Pass();
        if (!process.IsAlive)
            return Errno.EIO;
        if (disk.IsFull)
        {
            Filled();
            return Errno.ENOSPC;
        }

        if (disk.WriteFailures > 0 && process.World.Chance(disk.WriteFailures))
        {
            Failed();
            return Errno.EIO;
        }

        Note("writes", key, offsetBytes, lengthBytes);
        disk.FindOrCreate(key).Write(offsetBytes, new ReadOnlySpan<byte>(source, (int)lengthBytes));
        crash.Pass();
        return Errno.None;
    }

    public Errno Allocate(in ChunkKey key, uint offsetBytes, uint lengthBytes)
    {
        if (disk.IsFull)
            return Errno.ENOSPC;
        if (process.IsAlive)
            disk.FindOrCreate(key);
        return Errno.None;
    }

    public Errno Punch(in ChunkKey key, uint offsetBytes, uint lengthBytes)
    {
        crash.Pass();
        Note("punches", key, offsetBytes, lengthBytes);
        if (process.IsAlive)
            disk.Find(key)?.Punch(offsetBytes, lengthBytes);
        return Errno.None;
    }

    public Errno Truncate(in ChunkKey key, uint lengthBytes)
    {
        crash.Pass();
        Note("cuts", key, lengthBytes, 0);
        if (process.IsAlive)
            disk.Find(key)?.Truncate(lengthBytes);
        return Errno.None;
    }

    public Errno GetLength(in ChunkKey key, out ulong lengthBytes)
    {
        lengthBytes = (ulong)(disk.Find(key)?.Length ?? 0);
        return Errno.None;
    }

    public Errno Remove(in ChunkKey key)
    {
        crash.Pass();
        Note("removes", key, 0, 0);
        if (process.IsAlive)
            disk.Remove(key);
        return Errno.None;
    }

    public void StartWriteback(in ChunkKey key, uint offsetBytes, uint lengthBytes)
    {
    }

    public Errno Sync(in ChunkKey key)
    {
        crash.Pass();
        Note("syncs", key, 0, 0);
        if (!process.IsAlive)
            return Errno.None;
        if (disk.SyncFailures > 0 && process.World.Chance(disk.SyncFailures))
        {
            process.World.Note($"{process.Name} cannot sync chunk {key.Chunk} of {key.Inode}");
            Failed();
            disk.Find(key)?.FailSync();
            return ForgetsFailures ? Errno.None : Errno.EIO;
        }

        disk.Sync(key);
        return Errno.None;
    }

    public Errno SyncAll()
    {
        crash.Pass();
        if (process.IsAlive)
            disk.SyncAll();
        return Errno.None;
    }

    public Errno Probe() => Errno.None;

    public uint SetAside(in ChunkKey key, uint fromBytes, uint endBytes) => 0;

    public Errno RemoveSome(VolumeId volume, ShardId shard, int limit, out int removed)
    {
        removed = 0;
        foreach (var key in List(volume, shard).Take(limit))
        {
            Remove(key);
            removed++;
        }

        return Errno.None;
    }

    public IEnumerable<ChunkKey> List(VolumeId volume, ShardId shard) => disk.List(volume, shard);

    public IEnumerable<VolumeId> Volumes() => disk.Volumes();

    public void Close(ShardId shard)
    {
    }

    public Errno GetSpace(out StoreSpace space)
    {
        space = new StoreSpace(disk.TotalBytes, disk.IsFull ? 0 : disk.TotalBytes - disk.UsedBytes);
        return Errno.None;
    }

    public void Dispose()
    {
    }

    private void Note(string what, in ChunkKey key, uint offsetBytes, uint lengthBytes) =>
        process.World.Note($"{process.Name} {what} chunk {key.Chunk} of {key.Inode} at {offsetBytes}, {lengthBytes} bytes");
}
