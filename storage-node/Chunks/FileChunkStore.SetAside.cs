using System.Globalization;
using System.Text;
using SealFs.Core;

namespace SealFs.StorageNode.Chunks;

/// <summary>
/// Copies of bytes that no record knows, made before they are cut off, in the directory <c>set-aside</c>: files VOLUME.SHARD.INODE.CHUNK.OFFSET. After a loss of power such bytes
/// are what was not synced; should they ever be more, because rows are missing that had been synced, they are not lost with the rows. Nothing reads them but people.
/// </summary>
public sealed unsafe partial class FileChunkStore
{
    private const string SetAsideName = "set-aside";

    private long _setAsideBytes;

    /// <summary>Rows may be missing since the last run: what is cut off at the loading of a chunk is set aside.</summary>
    public bool SetsAside { get; init; }

    private string SetAsideDirectory => Path.Combine(_directory, SetAsideName);

    public uint SetAside(in ChunkKey key, uint fromBytes, uint endBytes)
    {
        if (!SetsAside || endBytes <= fromBytes || !HasRoom(endBytes - fromBytes))
            return 0;
        var scratch = ChunkScratch.Block;
        var name = string.Create(CultureInfo.InvariantCulture, $"{key.Volume.Value}.{key.Shard.Value}.{key.Inode.Value:x16}.{key.Chunk.Value}.{fromBytes}");
        var path = Encoding.UTF8.GetBytes(Path.Combine(SetAsideDirectory, name) + "\0");
        var descriptor = -1;
        var copied = 0u;
        for (var at = fromBytes; at < endBytes; at += ChunkLimits.BlockBytes)
        {
            var bytes = Math.Min(endBytes - at, ChunkLimits.BlockBytes);
            if (Read(key, at, scratch, bytes) != Errno.None)
                break;
            if (!new ReadOnlySpan<byte>(scratch, (int)bytes).ContainsAnyExcept((byte)0))
                continue;
            if (descriptor < 0 && (descriptor = Create(path)) < 0)
                return 0;
            if (WriteAll(descriptor, at - fromBytes, scratch, bytes) != Errno.None)
                break;
            copied += bytes;
        }

        if (descriptor >= 0)
            _device.Close(descriptor);
        Interlocked.Add(ref _setAsideBytes, copied);
        return copied;
    }

    /// <summary>Forgets copies that nobody has asked for in a week, and counts the others.</summary>
    private void TidySetAside()
    {
        if (!Directory.Exists(SetAsideDirectory))
            return;
        foreach (var file in new DirectoryInfo(SetAsideDirectory).EnumerateFiles())
        {
            if (DateTime.UtcNow - file.LastWriteTimeUtc > ChunkLimits.SetAsideTime)
                file.Delete();
            else
                _setAsideBytes += file.Length;
        }
    }

    private bool HasRoom(uint bytes)
    {
        if (GetSpace(out var space) != Errno.None)
            return false;
        var most = (long)Math.Min(ChunkLimits.SetAsideBytes, space.FreeBytes / ChunkLimits.SetAsideFraction);
        return Interlocked.Read(ref _setAsideBytes) + bytes <= most;
    }

    private int Create(byte[] path)
    {
        Directory.CreateDirectory(SetAsideDirectory);
        fixed (byte* start = path)
            return _device.Open(start, create: true);
    }
}
