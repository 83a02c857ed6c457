using SealFs.Core;
using SealFs.StorageNode.Chunks;
using Xunit;

namespace SealFs.StorageNode.Tests.Chunks;

/// <summary>Sealed bytes are written over and not synced, and the machine loses power: each piece has the old bytes or the new ones, and can be read.</summary>
public sealed class OverwriteTests
{
    private const int Size = 5 * ChunkLimits.BlockBytes;

    [Fact]
    public void What_was_synced_beside_bytes_that_were_not_can_be_read()
    {
        for (var seed = 1; seed <= 60; seed++)
        {
            using var rig = NewRig();
            var random = new Random(seed);
            var states = Sealed(rig, random);
            for (var change = random.Next(1, 6); change > 0; change--)
            {
                Change(rig, random, states);
                if (random.Next(4) == 0)
                    rig.Table.Seal(all: true);
                if (random.Next(4) == 0)
                    rig.ReachDisk();
            }

            rig.LosePower(random);
            if (random.Next(2) == 0)
                rig.Restart();
            Check(rig, states, $"seed {seed}");
            rig.Table.Seal(all: true);
            rig.Restart();
            Check(rig, states, $"seed {seed}, sealed");
        }
    }

    /// <summary>A table of a database, say: a page here and a page there.</summary>
    [Fact]
    public void Only_the_first_write_over_sealed_bytes_waits_for_the_log()
    {
        using var rig = NewRig();
        Sealed(rig, new Random(1));
        var syncs = rig.Syncs;
        for (var block = 0; block < 5; block++)
            Assert.Equal(Errno.None, rig.Write((uint)block * ChunkLimits.BlockBytes, new byte[ChunkLimits.PieceBytes]));
        Assert.Equal(syncs + 1, rig.Syncs);
        rig.Table.Seal(all: true);
        Assert.Equal(Errno.None, rig.Write(0, new byte[ChunkLimits.PieceBytes]));
        Assert.Equal(syncs + 2, rig.Syncs);
    }

    [Fact]
    public void Nothing_waits_for_the_log_where_no_sum_stands_for_the_bytes()
    {
        using var rig = NewRig();
        Sealed(rig, new Random(1));
        var syncs = rig.Syncs;
        Assert.Equal(Errno.None, rig.Write(Size - 100, new byte[5000]));
        Assert.Equal(Errno.None, rig.Write(Size + 10_000, new byte[5000]));
        Assert.Equal(Errno.None, rig.Write(Size + 10_000, new byte[5000]));
        Assert.Equal(syncs, rig.Syncs);
    }

    private static ChunkRig NewRig()
    {
        var rig = new ChunkRig { BytesMayBeLost = true, HoldsSyncs = true };
        rig.Device.Files = new VolatileFiles();
        return rig;
    }

    /// <summary>A chunk that is sealed and on stable storage, and what it may hold.</summary>
    private static List<byte[]> Sealed(ChunkRig rig, Random random)
    {
        var content = Bytes(random, Size - 100);
        Assert.Equal(Errno.None, rig.Write(0, content));
        Assert.Equal(Errno.None, rig.Table.Sync(ChunkRig.Key.Inode));
        rig.Table.Seal(all: true);
        rig.ReachDisk();
        return [content];
    }

    private static void Change(ChunkRig rig, Random random, List<byte[]> states)
    {
        var content = states[^1].ToArray();
        var offset = random.Next(content.Length);
        var length = random.Next(1, Math.Min(content.Length - offset, 3 * ChunkLimits.BlockBytes / random.Next(1, 100)) + 1);
        switch (random.Next(6))
        {
            case 0:
                Assert.Equal(Errno.None, rig.Punch((uint)offset, (uint)length));
                content.AsSpan(offset, length).Clear();
                break;
            case 1:
                Assert.Equal(Errno.None, rig.Allocate((uint)offset, (uint)length, keep: false));
                content.AsSpan(offset, length).Clear();
                break;
            default:
                var data = Bytes(random, length);
                Assert.Equal(Errno.None, rig.Write((uint)offset, data));
                data.CopyTo(content, offset);
                break;
        }

        states.Add(content);
    }

    private static void Check(ChunkRig rig, List<byte[]> states, string place)
    {
        var length = states[0].Length;
        for (var at = 0; at < length; at += ChunkLimits.PieceBytes)
        {
            var part = Math.Min(ChunkLimits.PieceBytes, length - at);
            var (error, data) = rig.ReadBytes((uint)at, (uint)part);
            Assert.True(error == Errno.None, $"{place}: {at} cannot be read");
            for (var i = 0; i < part; i++)
                Assert.True(states.Exists(state => state[at + i] == data[i]), $"{place}: byte {at + i} was never there");
        }
    }

    private static byte[] Bytes(Random random, int length)
    {
        var bytes = new byte[length];
        random.NextBytes(bytes);
        return bytes;
    }
}
