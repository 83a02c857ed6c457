using System.Globalization;
using SealFs.Core;

namespace SealFs.StorageNode.Chunks;

/// <summary>Opening, removing and listing: everything that deals in names of files.</summary>
public sealed unsafe partial class FileChunkStore
{
    private ReadOnlySpan<byte> Root => new(_root, _rootLength);

    public Errno Remove(in ChunkKey key)
    {
        _handles.Drop(key);
        var path = stackalloc byte[_rootLength + ChunkPath.SuffixBytes];
        ChunkPath.Write(new(path, _rootLength + ChunkPath.SuffixBytes), Root, key);
        var error = ToErrno(_device.Unlink(path));
        return error == Errno.ENOENT ? Errno.None : error;
    }

    public Errno RemoveSome(VolumeId volume, ShardId shard, int limit, out int removed)
    {
        removed = 0;
        foreach (var key in List(volume, shard))
        {
            var error = Remove(key);
            if (error != Errno.None)
                return error;
            if (++removed == limit)
                return Errno.None;
        }

        RemoveDirectories(volume, shard);
        return Errno.None;
    }

    public IEnumerable<ChunkKey> List(VolumeId volume, ShardId shard)
    {
        var directory = Path.Combine(_directory, volume.ToString(), shard.ToString());
        if (!Directory.Exists(directory))
            yield break;
        foreach (var bucket in Directory.EnumerateDirectories(directory))
        {
            foreach (var file in Directory.EnumerateFiles(bucket))
            {
                if (ChunkPath.TryParse(Path.GetFileName(file.AsSpan()), volume, shard, out var key))
                    yield return key;
            }
        }
    }

    public IEnumerable<VolumeId> Volumes()
    {
        foreach (var directory in Directory.EnumerateDirectories(_directory))
        {
            if (uint.TryParse(Path.GetFileName(directory.AsSpan()), NumberStyles.None, CultureInfo.InvariantCulture, out var volume))
                yield return new VolumeId(volume);
        }
    }

    public void Close(ShardId shard) => _handles.DropShard(shard);

    private Errno Acquire(in ChunkKey key, bool create, out ChunkHandle? handle)
    {
        handle = _handles.TryGet(key);
        if (handle is not null)
            return Errno.None;
        var path = stackalloc byte[_rootLength + ChunkPath.SuffixBytes];
        ChunkPath.Write(new(path, _rootLength + ChunkPath.SuffixBytes), Root, key);
        var descriptor = Open(path, create, key);
        if (descriptor < 0)
            return descriptor is -EMFILE or -ENOMEM ? Errno.ENOMEM : ToErrno(descriptor);
        handle = _handles.Add(key, descriptor);
        return Errno.None;
    }

    private int Open(byte* path, bool create, in ChunkKey key)
    {
        var descriptor = _device.Open(path, create);
        if (descriptor == -ENOENT && create)
        {
            var made = MakeDirectories(key);
            return made < 0 ? made : _device.Open(path, create);
        }

        if (descriptor != -EMFILE)
            return descriptor;

        // The process is allowed fewer descriptors than the cache would like: give them back once and go on.
        _handles.DropAll();
        return _device.Open(path, create);
    }

    private int MakeDirectories(in ChunkKey key)
    {
        var path = stackalloc byte[_rootLength + ChunkPath.SuffixBytes];
        var target = new Span<byte>(path, _rootLength + ChunkPath.SuffixBytes);
        ChunkPath.WriteVolume(target, Root, key.Volume);
        var result = MakeDirectory(path);
        if (result < 0)
            return result;
        ChunkPath.WriteShard(target, Root, key.Volume, key.Shard);
        result = MakeDirectory(path);
        if (result < 0)
            return result;
        ChunkPath.WriteBucket(target, Root, key.Volume, key.Shard, ChunkPath.Bucket(key));
        return MakeDirectory(path);
    }

    private int MakeDirectory(byte* path)
    {
        var result = _device.MakeDirectory(path);
        return result == -EEXIST ? 0 : result;
    }

    /// <summary>Directories that are not empty, because something is being written again, stay: rmdir(2) refuses.</summary>
    private void RemoveDirectories(VolumeId volume, ShardId shard)
    {
        var path = stackalloc byte[_rootLength + ChunkPath.SuffixBytes];
        var target = new Span<byte>(path, _rootLength + ChunkPath.SuffixBytes);
        for (var bucket = 0; bucket < ChunkPath.Buckets; bucket++)
        {
            ChunkPath.WriteBucket(target, Root, volume, shard, (byte)bucket);
            _device.RemoveDirectory(path);
        }

        ChunkPath.WriteShard(target, Root, volume, shard);
        _device.RemoveDirectory(path);
        ChunkPath.WriteVolume(target, Root, volume);
        _device.RemoveDirectory(path);
    }
}
