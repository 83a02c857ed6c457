using SealFs.StorageNode.Engine;
using SealFs.StorageNode.Engine.RocksDb;

namespace SealFs.StorageNode.Hosting;

/// <summary>
/// Room on the metadata disk for the start of a node whose disk is full: opening the store writes what its log holds into tables. A file with the name <c>reserve</c> keeps the room; it is given up when the store
/// cannot be opened without, and made again at a later start.
/// </summary>
internal static class StartReserve
{
    private const string Name = "reserve";

    /// <summary>What is written at the start: the write buffers, at most.</summary>
    private const long Bytes = 64L << 20;

    /// <summary>Of a small disk, one part in so many.</summary>
    private const long DiskFraction = 16;

    /// <summary>The room is taken only where so many times as much is free.</summary>
    private const long FreeFactor = 4;

    /// <summary>Opens the metadata store of a directory.</summary>
    /// <exception cref="MetadataEngineException">It cannot be opened.</exception>
    public static RocksMetadataEngine OpenStore(MetadataDirectory directory, MetadataEngineOptions options)
    {
        RocksMetadataEngine engine;
        try
        {
            engine = new RocksMetadataEngine(directory.StorePath, options);
        }
        catch (MetadataEngineException failure) when (failure.IsNoSpace && File.Exists(PathIn(directory)))
        {
            File.Delete(PathIn(directory));
            engine = new RocksMetadataEngine(directory.StorePath, options);
        }

        TryKeep(directory);
        return engine;
    }

    private static string PathIn(MetadataDirectory directory) => Path.Combine(Path.GetDirectoryName(directory.StorePath)!, Name);

    private static void TryKeep(MetadataDirectory directory)
    {
        var path = PathIn(directory);
        if (File.Exists(path))
            return;
        try
        {
            var disk = DiskSpace.Of(directory.StorePath);
            var bytes = Math.Min(Bytes, (long)disk.TotalBytes / DiskFraction);
            if ((long)disk.FreeBytes < bytes * FreeFactor)
                return;
            File.OpenHandle(path, FileMode.CreateNew, FileAccess.Write, preallocationSize: bytes).Dispose();
        }
        catch (IOException)
        {
            // Without it, a start on a full disk may fail; nothing else does.
        }
    }
}
