using System.Buffers.Binary;
using SealFs.StorageNode.Engine;
using SealFs.StorageNode.Engine.RocksDb;
using Xunit;

namespace SealFs.StorageNode.Tests.Engine;

/// <summary>
/// Power cuts under the metadata log while it rolls from file to file and writes over old ones: the directory is copied while the engine writes, and of the log's pages that were not synced some
/// are left, some are not. What opens afterwards is a prefix of what was applied, over all tables, and has everything that was synced.
/// </summary>
public sealed class LogPowerLossTests : IDisposable
{
    private const int PageBytes = 4096;
    private const int Cuts = 5;

    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Theory]
    [InlineData(1, 0)]
    [InlineData(2, 0)]
    [InlineData(3, 1 << 20)]
    [InlineData(4, 1 << 20)]
    public void A_prefix_with_everything_synced_is_left(int seed, long logAheadBytes)
    {
        var random = new Random(seed);
        var store = _directory.In("store");
        var cuts = 0;
        var rolls = new HashSet<string>(StringComparer.Ordinal);
        using (var engine = Open(store, logAheadBytes))
        {
            engine.WaitForLogLayout();
            var (applied, synced) = (0u, 0u);
            var durable = Files(store);
            while (cuts < Cuts)
            {
                for (var batches = random.Next(1, 30); batches > 0; batches--)
                    Apply(engine, ++applied, random);
                if (random.Next(3) == 0)
                {
                    engine.Sync();
                    synced = applied;
                    durable = Files(store);
                }

                if (random.Next(8) != 0)
                    continue;
                var now = Files(store);
                rolls.UnionWith(now.Keys.Where(IsLog));
                var image = _directory.In($"image-{cuts++}");
                Cut(now, image, durable, random);
                Check(image, applied, synced, $"seed {seed}, cut {cuts} ({string.Join(", ", now.Keys.Where(IsLog).Select(log => $"{log} {(durable.ContainsKey(log) ? "known" : "new")}"))})");
                Directory.Delete(image, recursive: true);
            }
        }

        Assert.True(rolls.Count >= 3, $"seed {seed}: the log rolled {rolls.Count - 1} times");
    }

    private static RocksMetadataEngine Open(string directory, long logAheadBytes = 0) =>
        new(directory, new MetadataEngineOptions { CacheBytes = 16 << 20, WriteBufferBytes = 1 << 20, LogAheadBytes = logAheadBytes });

    /// <summary>One batch over all tables, so that their buffers are written out at different times.</summary>
    private static void Apply(RocksMetadataEngine engine, uint number, Random random)
    {
        using var batch = new EffectBatch();
        Span<byte> key = stackalloc byte[4];
        BinaryPrimitives.WriteUInt32BigEndian(key, number);
        batch.Put(Table.Metadata, key, new byte[random.Next(100)]);
        batch.Put(Table.InlineData, key, new byte[random.Next(8000)]);
        batch.Put(Table.Chunks, key, new byte[random.Next(300)]);
        engine.Apply(batch);
    }

    /// <summary>
    /// The files as they are at one moment: read again when the store's own threads have changed something meanwhile. Only this thread writes to the log.
    /// </summary>
    private static Dictionary<string, byte[]> Files(string store)
    {
        while (true)
        {
            var before = List(store);
            var files = new Dictionary<string, byte[]>(StringComparer.Ordinal);
            foreach (var name in before.Keys.Where(static name => name is not "LOCK" && !name.StartsWith("LOG", StringComparison.Ordinal)))
            {
                if (TryRead(Path.Combine(store, name)) is { } bytes)
                    files[name] = bytes;
            }

            if (before.SequenceEqual(List(store)))
                return files;
        }
    }

    private static SortedDictionary<string, (long, DateTime)> List(string store)
    {
        var list = new SortedDictionary<string, (long, DateTime)>(StringComparer.Ordinal);
        foreach (var file in new DirectoryInfo(store).EnumerateFiles().Where(static file => file.Exists && !file.Name.StartsWith("LOG", StringComparison.Ordinal)))
            list[file.Name] = (file.Length, file.LastWriteTimeUtc);
        return list;
    }

    /// <summary>Null for a file that the engine has removed meanwhile.</summary>
    private static byte[]? TryRead(string path)
    {
        try
        {
            using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            var bytes = new byte[file.Length];
            file.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false);
            return bytes;
        }
        catch (FileNotFoundException)
        {
            return null;
        }
    }

    /// <summary>
    /// Tables and manifests are synced by the store before it counts on them, and so are logs that it has closed before a table comes of them. Of the other logs, only what the last
    /// sync saw is certain. A log that is written over has the records of an earlier one under its new name.
    /// </summary>
    private static void Cut(Dictionary<string, byte[]> now, string image, Dictionary<string, byte[]> durable, Random random)
    {
        Directory.CreateDirectory(image);
        var newest = now.Keys.Where(IsLog).Max(StringComparer.Ordinal);
        var hasNewTables = now.Keys.Any(name => name.EndsWith(".sst", StringComparison.Ordinal) && !durable.ContainsKey(name));
        var former = durable.Where(file => IsLog(file.Key) && !now.ContainsKey(file.Key)).Select(static file => file.Value).ToArray();
        foreach (var (name, bytes) in now)
        {
            var before = durable.GetValueOrDefault(name) ?? (former.Length > 0 && random.Next(2) == 0 ? former[random.Next(former.Length)] : null);
            var mayLose = IsLog(name) && (name == newest || !hasNewTables);
            File.WriteAllBytes(Path.Combine(image, name), mayLose ? Settle(before, bytes, random) : bytes);
        }
    }

    private static bool IsLog(string name) => name.EndsWith(".log", StringComparison.Ordinal);

    /// <summary>
    /// Where a log is written over, each page that was not synced is the old or the new one. One that grows ends at some page: the file system makes its length durable after the bytes.
    /// </summary>
    private static byte[] Settle(byte[]? before, byte[] now, Random random)
    {
        if (before is null)
            return now.AsSpan(0, random.Next(now.Length + 1)).ToArray();
        var lossPercent = random.Next(4) * 33;
        var left = now.AsSpan(0, now.Length <= before.Length ? now.Length : random.Next(before.Length, now.Length + 1)).ToArray();
        for (var at = 0; at < Math.Min(left.Length, before.Length); at += PageBytes)
        {
            if (random.Next(100) >= lossPercent)
                continue;
            var bytes = Math.Min(PageBytes, Math.Min(left.Length, before.Length) - at);
            before.AsSpan(at, bytes).CopyTo(left.AsSpan(at));
        }

        return left;
    }

    private static void Check(string image, uint applied, uint synced, string where)
    {
        using var engine = Open(image);
        var value = new byte[8192];
        var key = new byte[4];
        var last = 0u;
        for (var number = 1u; number <= applied; number++)
        {
            BinaryPrimitives.WriteUInt32BigEndian(key, number);
            var found = Enum.GetValues<Table>().Count(table => engine.Get(table, key, value) >= 0);
            Assert.True(found is 0 or 3, $"{where}: batch {number} is there in {found} of 3 tables");
            if (found == 0)
                continue;
            Assert.True(number == last + 1, $"{where}: batch {last + 1} is missing before {number}");
            last = number;
        }

        Assert.True(last >= synced, $"{where}: {synced} batches were synced and {last} are left");
    }
}
