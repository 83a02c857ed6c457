using System.Globalization;
using System.Text;
using SealFs.Core;
using SealFs.StorageNode.Engine;
using SealFs.StorageNode.Engine.RocksDb;
using SealFs.StorageNode.Tests.Shards;

namespace SealFs.Bench;

/// <summary>What the metadata of a file take on disk: one shard on RocksDB, empty files in one directory, names of twenty bytes.</summary>
internal static class SizeBench
{
    public static int Run(string[] args)
    {
        if (!int.TryParse(args.FirstOrDefault() ?? "1000000", CultureInfo.InvariantCulture, out var files))
        {
            Console.Error.WriteLine("usage: SealFs.Bench size [files]");
            return 2;
        }
        var directory = Directory.CreateTempSubdirectory("sealfs-bench-").FullName;
        try
        {
            var store = Path.Combine(directory, "store");
            using (var rig = new ShardRig(store))
            {
                for (var number = 0; number < files; number++)
                {
                    if (rig.Create(rig.Root, Encoding.ASCII.GetBytes($"photograph-{number:D9}")) != Errno.None)
                        throw new InvalidOperationException($"create failed with {rig.Status}");
                }
            }

            // Opening it once more moves what was only in the log into tables.
            new RocksMetadataEngine(store, new MetadataEngineOptions()).Dispose();
            var bytes = new DirectoryInfo(store).EnumerateFiles("*.sst", SearchOption.AllDirectories).Sum(file => file.Length);
            Console.WriteLine($"{files:N0} files: tables of {bytes / 1024.0 / 1024:F1} MiB, {bytes / (double)files:F0} bytes a file");
        }
        finally
        {
            Directory.Delete(directory, true);
        }
        return 0;
    }
}
