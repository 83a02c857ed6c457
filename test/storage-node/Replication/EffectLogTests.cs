using SealFs.Core;
using SealFs.StorageNode.Engine;
using SealFs.StorageNode.Replication;
using SealFs.StorageNode.Shards;
using Xunit;

namespace SealFs.StorageNode.Tests.Replication;

public sealed class EffectLogTests
{
    [Fact]
    public async Task Entries_come_in_order_from_any_position_that_is_kept()
    {
        await using var cluster = new MoveCluster();
        using var log = Log(cluster);
        for (var number = 0u; number < 5_000; number++)
            log.Append(number, new byte[100]);
        Assert.Equal(5_000ul, log.End);
        var entry = EffectLog.HeadBytes + 8 + 100;
        Assert.Equal(3 * entry, log.Measure(4_000, (3 * entry) + 10, out var end));
        Assert.Equal(5_000ul, end);
        var bytes = new byte[3 * entry];
        Assert.True(log.Copy(4_000, bytes));
        for (var index = 0; index < 3; index++)
            Assert.Equal(4_000ul + (ulong)index, BitConverter.ToUInt64(bytes, (index * entry) + EffectLog.HeadBytes));

        // At least one, however little is asked for; nothing at the end; what lies before is forgotten.
        Assert.Equal(entry, log.Measure(4_999, 1, out _));
        Assert.Equal(0, log.Measure(5_000, 1_000, out _));
        Assert.Equal(-1, log.Measure(10, 1_000, out _));
        Assert.Equal(-1, log.Measure(5_001, 1_000, out _));
    }

    [Fact]
    public async Task A_log_that_nobody_reads_breaks_and_holds_nothing()
    {
        await using var cluster = new MoveCluster();
        using var log = Log(cluster);
        var batch = new byte[1 << 20];
        for (var number = 0u; number < 60; number++)
            log.Append(number, batch);
        Assert.False(log.IsBroken);
        for (var number = 0u; number < 10; number++)
            log.Append(number, batch);
        Assert.True(log.IsBroken);
        Assert.False(log.TryFinish());
        Assert.Equal(-1, log.Measure(0, 1_000, out _));
    }

    [Fact]
    public async Task What_is_under_way_when_a_shard_retires_does_not_break_the_log()
    {
        await using var cluster = new MoveCluster();
        using var log = Log(cluster);
        Assert.True(log.TryFinish());
        var batch = new byte[1 << 20];
        for (var number = 0u; number < 70; number++)
            log.Append(number, batch);
        Assert.False(log.IsBroken);
        Assert.Equal(70ul, log.End);
    }

    [Fact]
    public void Effects_are_read_as_they_were_written()
    {
        using var batch = new EffectBatch();
        batch.Put(Table.Metadata, "key"u8, new byte[300]);
        batch.Put(Table.Chunks, "chunk"u8, "record"u8);
        batch.Delete(Table.InlineData, "inline"u8);
        batch.DeleteRange(Table.Chunks, "from"u8, "until"u8);
        using var copy = new EffectBatch();
        copy.Append(batch.Bytes);
        copy.Append(batch.Bytes);
        Assert.Equal(8, copy.Count);
        var reader = new EffectReader(copy.Bytes);
        for (var times = 0; times < 2; times++)
        {
            Assert.True(reader.MoveNext());
            Assert.Equal((EffectKind.Put, Table.Metadata, 300), (reader.Kind, reader.Table, reader.Value.Length));
            Assert.True(reader.MoveNext());
            Assert.Equal((EffectKind.Put, Table.Chunks), (reader.Kind, reader.Table));
            Assert.True(reader.Value.SequenceEqual("record"u8));
            Assert.True(reader.MoveNext());
            Assert.Equal((EffectKind.Delete, Table.InlineData), (reader.Kind, reader.Table));
            Assert.True(reader.MoveNext());
            Assert.Equal((EffectKind.DeleteRange, Table.Chunks), (reader.Kind, reader.Table));
            Assert.True(reader.Value.SequenceEqual("until"u8));
        }

        Assert.False(reader.MoveNext());
        Assert.False(reader.Failed);
    }

    [Fact]
    public void Bytes_that_are_no_effects_fail_and_nothing_else_happens()
    {
        using var batch = new EffectBatch();
        batch.Put(Table.Chunks, "a key"u8, "a value"u8);
        batch.DeleteRange(Table.Metadata, "from"u8, "until"u8);
        var bytes = batch.Bytes.ToArray();
        var random = new Random(1);
        for (var round = 0; round < 20_000; round++)
        {
            var broken = bytes[..random.Next(bytes.Length + 1)];
            if (broken.Length > 8)
                broken[random.Next(8, broken.Length)] = (byte)random.Next(256);
            var reader = new EffectReader(broken);
            while (reader.MoveNext())
                Assert.True(reader.Key.Length + reader.Value.Length <= broken.Length);
        }

        foreach (var length in Enumerable.Range(0, bytes.Length))
        {
            var reader = new EffectReader(bytes.AsSpan(0, length));
            while (reader.MoveNext())
                continue;
            Assert.True(reader.Failed);
        }
    }

    [Fact]
    public void A_ceiling_follows_what_moves()
    {
        var usage = new VolumeUsage(MoveCluster.Volume);
        usage.Add(new VolumeUsageDelta(100, 10));
        var state = new VolumeState { Id = MoveCluster.Volume, CeilingBytes = 150, CeilingInodes = 20 };
        usage.Move(new VolumeUsageDelta(1_000, 5));
        Assert.Equal((1_100, 15), (usage.UsedBytes, usage.Inodes));
        Assert.Equal((1_150ul, 25ul), state.CeilingsNow(usage));
        usage.Move(new VolumeUsageDelta(-1_100, -15));
        Assert.Equal((50ul, 10ul), state.CeilingsNow(usage));

        // The answer to a report from before the shard left.
        Assert.Equal((0ul, 0ul), (state with { CeilingBytes = 40, CeilingInodes = 5, MovedBefore = new VolumeUsageDelta(1_000, 5) }).CeilingsNow(usage));
        Assert.Equal((ulong)long.MaxValue, (state with { CeilingBytes = long.MaxValue }).CeilingsNow(usage).Bytes);
    }

    [Fact]
    public void A_row_of_a_held_copy_is_what_was_written_and_nothing_else_is_one()
    {
        var copy = new HeldCopy(HeldState.Complete, new Epoch(7), 99, new NodeId(3));
        Span<byte> bytes = stackalloc byte[HeldCopy.ValueBytes];
        Assert.Equal(copy, HeldCopy.Decode(copy.Encode(bytes)));
        bytes[0] = 2;
        var wrong = bytes.ToArray();
        Assert.ThrowsAny<Exception>(() => HeldCopy.Decode(wrong));
        Assert.ThrowsAny<Exception>(() => HeldCopy.Decode(new byte[3]));
        Span<byte> key = stackalloc byte[HeldCopy.KeyBytes];
        Assert.True(HeldCopy.Key(key, new ShardId(5)).SequenceCompareTo(CopyRows.End(new ShardId((1 << 20) - 1))) > 0);
        Assert.Equal(new ShardId(5), HeldCopy.ShardOf(key));
    }

    private static EffectLog Log(MoveCluster cluster)
    {
        var shard = cluster[cluster.OwnerOf(cluster.Root.Shard)].Context.Shards.Find(cluster.Root.Shard)!;
        return new EffectLog(shard, 1, new NodeId(2), static _ => { });
    }
}
