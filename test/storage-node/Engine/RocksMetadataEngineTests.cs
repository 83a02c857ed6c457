using SealFs.StorageNode.Engine;
using SealFs.StorageNode.Engine.RocksDb;
using Xunit;

namespace SealFs.StorageNode.Tests.Engine;

public sealed class RocksMetadataEngineTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private RocksMetadataEngine _engine;

    public RocksMetadataEngineTests() => _engine = Open();

    [Theory]
    [InlineData(Table.Metadata)]
    [InlineData(Table.InlineData)]
    [InlineData(Table.Chunks)]
    public void A_batch_puts_and_deletes_in_its_table_alone(Table table)
    {
        using var batch = new EffectBatch();
        batch.Put(table, "a"u8, "1"u8);
        batch.Put(table, "b"u8, new byte[300]);
        batch.Put(table, "c"u8, "3"u8);
        batch.Delete(table, "c"u8);
        _engine.Apply(batch);

        var value = new byte[300];
        Assert.Equal(1, _engine.Get(table, "a"u8, value));
        Assert.Equal((byte)'1', value[0]);
        Assert.Equal(300, _engine.Get(table, "b"u8, value));
        Assert.Equal(-1, _engine.Get(table, "c"u8, value));
        foreach (var other in Enum.GetValues<Table>().Where(other => other != table))
            Assert.Equal(-1, _engine.Get(other, "a"u8, value));
    }

    [Fact]
    public void A_range_is_deleted_up_to_its_end()
    {
        using var batch = new EffectBatch();
        foreach (var table in Enum.GetValues<Table>())
        {
            for (byte key = 1; key <= 5; key++)
                batch.Put(table, [key], [key]);
        }

        _engine.Apply(batch);
        batch.Clear();
        batch.DeleteRange(Table.Metadata, [2], [4]);
        batch.DeleteRange(Table.Chunks, [1], [5]);
        _engine.Apply(batch);

        Assert.Equal([1, 4, 5], Keys(Table.Metadata, [0], [255]));
        Assert.Equal([1, 2, 3, 4, 5], Keys(Table.InlineData, [0], [255]));
        Assert.Equal([5], Keys(Table.Chunks, [0], [255]));
        Assert.Equal([4], Keys(Table.Metadata, [2], [5]));
    }

    [Fact]
    public void The_batch_is_asked_before_the_store()
    {
        using var batch = new EffectBatch();
        batch.Put(Table.Metadata, "a"u8, "1"u8);
        batch.Put(Table.Metadata, "a"u8, "2"u8);
        batch.Delete(Table.Metadata, "b"u8);
        batch.Put(Table.Metadata, "m"u8, "1"u8);
        batch.DeleteRange(Table.Metadata, "k"u8, "n"u8);

        Assert.True(batch.TryFind(Table.Metadata, "a"u8, out var found, out var value));
        Assert.True(found);
        Assert.Equal("2"u8, value);
        Assert.True(batch.TryFind(Table.Metadata, "b"u8, out found, out _));
        Assert.False(found);
        Assert.True(batch.TryFind(Table.Metadata, "m"u8, out found, out _));
        Assert.False(found);
        Assert.False(batch.TryFind(Table.Metadata, "n"u8, out _, out _));
        Assert.False(batch.TryFind(Table.InlineData, "a"u8, out _, out _));
    }

    [Fact]
    public void A_pinned_value_is_the_value()
    {
        using var batch = new EffectBatch();
        batch.Put(Table.InlineData, "a"u8, new byte[20_000]);
        _engine.Apply(batch);
        using var pinned = _engine.GetPinned(Table.InlineData, "a"u8);
        Assert.True(pinned.Found);
        Assert.Equal(20_000, pinned.Value.Length);
        using var missing = _engine.GetPinned(Table.InlineData, "b"u8);
        Assert.False(missing.Found);
    }

    [Fact]
    public void What_was_applied_is_there_after_closing_and_after_a_sync_nothing_is_unsynced()
    {
        using var batch = new EffectBatch();
        batch.Put(Table.Chunks, "a"u8, "1"u8);
        _engine.Apply(batch);
        Assert.True(_engine.HasUnsynced);
        _engine.Sync();
        Assert.False(_engine.HasUnsynced);
        _engine.Dispose();
        _engine = Open();
        Assert.Equal(1, _engine.Get(Table.Chunks, "a"u8, new byte[1]));
    }

    /// <summary>What a kill leaves is the files as they are: a copy of them is opened. Behind the newest record of a log that was written over stand older ones.</summary>
    [Fact]
    public void A_log_that_was_written_over_gives_back_what_was_applied_and_nothing_older()
    {
        const int Rows = 2000;
        _engine.Dispose();
        _engine = new(_directory.In("meta"), new MetadataEngineOptions { LogAheadBytes = 1024 * 1024 });
        _engine.WaitForLogLayout();
        var logs = Directory.GetFiles(_directory.In("meta"), "*.log");
        Assert.Contains(logs, log => new FileInfo(log).Length >= 1024 * 1024);
        using var batch = new EffectBatch();
        for (var row = 0; row < Rows; row++)
        {
            batch.Clear();
            batch.Put(Table.Metadata, [(byte)(row >> 8), (byte)row], new byte[100 + row % 200]);
            _engine.Apply(batch);
        }

        _engine.Sync();
        var copy = Directory.CreateDirectory(_directory.In("copy")).FullName;
        foreach (var file in Directory.GetFiles(_directory.In("meta")))
            File.Copy(file, Path.Combine(copy, Path.GetFileName(file)));
        using var recovered = new RocksMetadataEngine(copy, new MetadataEngineOptions());
        var value = new byte[300];
        for (var row = 0; row < Rows; row++)
            Assert.Equal(100 + row % 200, recovered.Get(Table.Metadata, [(byte)(row >> 8), (byte)row], value));
        using var scan = recovered.Scan(Table.Chunks, [0], [0xFF, 0xFF, 0xFF, 0xFF, 0xFF]);
        Assert.False(scan.MoveNext());
    }

    [Fact]
    public void A_value_that_is_too_long_is_an_error_and_not_cut()
    {
        using var batch = new EffectBatch();
        batch.Put(Table.Metadata, "a"u8, "12345"u8);
        _engine.Apply(batch);
        Assert.Throws<MetadataEngineException>(() => _engine.Get(Table.Metadata, "a"u8, new byte[4]));
    }

    public void Dispose()
    {
        _engine.Dispose();
        _directory.Dispose();
    }

    private RocksMetadataEngine Open() => new(_directory.In("meta"), new MetadataEngineOptions());

    private List<int> Keys(Table table, byte[] from, byte[] end)
    {
        var keys = new List<int>();
        using var scan = _engine.Scan(table, from, end);
        while (scan.MoveNext())
            keys.Add(scan.Key[0]);
        return keys;
    }
}
