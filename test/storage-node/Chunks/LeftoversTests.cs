using SealFs.Core;
using SealFs.StorageNode.Chunks;
using Xunit;

namespace SealFs.StorageNode.Tests.Chunks;

/// <summary>What is cut off, punched or removed is destroyed only after the record that gives it up is on stable storage.</summary>
public sealed class LeftoversTests : IDisposable
{
    private const int Size = 6 * ChunkLimits.BlockBytes;

    private readonly ChunkRig _rig = new();

    public LeftoversTests() => _rig.Device.Files = new VolatileFiles();

    public void Dispose() => _rig.Dispose();

    private static byte[] Bytes(int seed, int length)
    {
        var bytes = new byte[length];
        new Random(seed).NextBytes(bytes);
        return bytes;
    }

    private byte[] WriteSynced(int seed, bool sealed_)
    {
        var content = Bytes(seed, Size - 777);
        Assert.Equal(Errno.None, _rig.Write(0, content));
        if (sealed_)
            _rig.Table.Seal(all: true);
        Assert.Equal(Errno.None, _rig.Table.Sync(ChunkRig.Key.Inode));
        _rig.Sync();
        _rig.HoldsSyncs = true;
        return content;
    }

    private void AssertReads(string what, uint offset, ReadOnlySpan<byte> expected)
    {
        var (error, data) = _rig.ReadBytes(offset, (uint)expected.Length);
        Assert.True(error == Errno.None, $"{what}: {error}");
        Assert.True(expected.SequenceEqual(data), $"{what}: other bytes");
    }

    [Theory]
    [InlineData("cut")]
    [InlineData("cut in a block")]
    [InlineData("punch")]
    [InlineData("remove")]
    [InlineData("cut, cut again and punch")]
    public void A_loss_of_power_before_the_record_is_durable_takes_nothing(string change)
    {
        for (var seed = 1; seed <= 20; seed++)
        {
            using var rig = new LeftoversTests();
            rig.Lose(change, seed);
        }
    }

    private void Lose(string change, int seed)
    {
        var content = WriteSynced(seed, sealed_: seed % 2 == 0);
        switch (change)
        {
            case "cut":
                Assert.Equal(Errno.None, _rig.Truncate(2 * ChunkLimits.BlockBytes));
                break;
            case "cut in a block":
                Assert.Equal(Errno.None, _rig.Truncate(100_001));
                break;
            case "punch":
                Assert.Equal(Errno.None, _rig.Punch(ChunkLimits.BlockBytes, 2 * ChunkLimits.BlockBytes));
                break;
            case "remove":
                _rig.Remove();
                break;
            default:
                Assert.Equal(Errno.None, _rig.Truncate(300_001));
                Assert.Equal(Errno.None, _rig.Truncate(200_001));
                Assert.Equal(Errno.None, _rig.Punch(0, ChunkLimits.BlockBytes));
                break;
        }

        Assert.Equal(1, _rig.Table.Leftovers);
        _rig.LosePower(new Random(seed));
        AssertReads($"seed {seed}", 0, content);
    }

    [Fact]
    public void What_was_cut_off_is_not_read_and_goes_after_the_next_sync()
    {
        var content = WriteSynced(1, sealed_: true);
        Assert.Equal(Errno.None, _rig.Truncate(100_001));
        Assert.Equal(Size - 777, new FileInfo(_rig.PathOf(ChunkRig.Key)).Length);
        AssertReads("before", 0, content.AsSpan(0, 100_001));
        AssertReads("before", 100_001, new byte[100_000]);
        _rig.ReachDisk();
        Assert.Equal(0, _rig.Table.Leftovers);
        Assert.Equal(100_001, new FileInfo(_rig.PathOf(ChunkRig.Key)).Length);
        AssertReads("after", 0, content.AsSpan(0, 100_001));
        _rig.Restart();
        AssertReads("restarted", 0, content.AsSpan(0, 100_001));
        AssertReads("restarted", 100_001, new byte[100_000]);
    }

    /// <summary>The place is used again before anything is durable: neither then nor after a loss of power are there bytes that were cut off.</summary>
    [Fact]
    public void What_was_cut_off_never_comes_back_under_a_new_record()
    {
        for (var seed = 1; seed <= 40; seed++)
        {
            using var rig = new LeftoversTests();
            rig.Reuse(seed);
        }
    }

    private void Reuse(int seed)
    {
        var random = new Random(seed);
        var content = WriteSynced(seed, sealed_: random.Next(2) == 0);
        var cut = (uint)random.Next(1, Size - 10_000);
        Assert.Equal(Errno.None, _rig.Truncate(cut));
        var model = new byte[Size];
        content.AsSpan(0, (int)cut).CopyTo(model);
        var offset = random.Next((int)cut, Size - 5000);
        var written = Bytes(1000 + seed, 5000);
        Assert.Equal(Errno.None, _rig.Write((uint)offset, written));
        written.CopyTo(model, offset);
        AssertReads($"seed {seed}, before", 0, model);
        _rig.Sync();
        _rig.LosePower(random);
        AssertReads($"seed {seed}, what was kept", 0, content.AsSpan(0, (int)cut));
        var (error, data) = _rig.ReadBytes(cut, Size - cut);
        Assert.Equal(Errno.None, error);
        for (var at = 0; at < data.Length; at++)
            Assert.True(data[at] == 0 || data[at] == model[cut + at], $"seed {seed}: byte {cut + at} is neither new nor zero");
    }

    [Fact]
    public void A_write_that_uses_no_place_of_what_was_cut_off_waits_for_nothing()
    {
        WriteSynced(3, sealed_: true);
        Assert.Equal(Errno.None, _rig.Truncate(200_000));
        var syncs = _rig.Device.Syncs;
        Assert.Equal(Errno.None, _rig.Write(1000, Bytes(4, 5000)));
        Assert.Equal(syncs, _rig.Device.Syncs);
        Assert.Equal(1, _rig.Table.Leftovers);
    }

    /// <summary>A chunk that is removed and written again has another file, and waits for nothing; the old file stays until the removal is durable.</summary>
    [Fact]
    public void A_chunk_that_comes_again_has_another_file()
    {
        for (var seed = 1; seed <= 20; seed++)
        {
            using var rig = new LeftoversTests();
            rig.ComeAgain(seed);
        }
    }

    private void ComeAgain(int seed)
    {
        var random = new Random(seed);
        var content = WriteSynced(seed, sealed_: random.Next(2) == 0);
        var syncs = _rig.Device.Syncs;
        _rig.Remove();
        var written = Bytes(1000 + seed, 70_000);
        Assert.Equal(Errno.None, _rig.Write(ChunkRig.Key, 0, written, generation: 1));
        AssertReads($"seed {seed}, new", 0, written);
        AssertReads($"seed {seed}, behind", 70_000, new byte[100_000]);
        Assert.Equal(syncs, _rig.Device.Syncs);
        if (random.Next(2) == 0)
        {
            _rig.LosePower(random);
            AssertReads($"seed {seed}, old", 0, content);
            return;
        }

        Assert.Equal(Errno.None, _rig.Table.Sync(ChunkRig.Key.Inode));
        _rig.ReachDisk();
        Assert.Equal(0, _rig.Table.Leftovers);
        Assert.Single(Directory.EnumerateFiles(_rig.Directory, "*.0*", SearchOption.AllDirectories));
        _rig.LosePower(random);
        AssertReads($"seed {seed}, new after a loss of power", 0, written);
    }
}
