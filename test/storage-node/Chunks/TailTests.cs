using SealFs.Core;
using SealFs.StorageNode.Chunks;
using Xunit;

namespace SealFs.StorageNode.Tests.Chunks;

/// <summary>Bytes appended inside a piece of 4 KiB survive a loss of power with the record that says that they are there, and take nothing with them that was synced.</summary>
public sealed class TailTests
{
    private static byte[] Bytes(int seed, int length)
    {
        var bytes = new byte[length];
        new Random(seed).NextBytes(bytes);
        foreach (ref var b in bytes.AsSpan())
            b |= 1;
        return bytes;
    }

    private static ChunkRig NewRig()
    {
        var rig = new ChunkRig { BytesMayBeLost = true };
        rig.Device.Files = new VolatileFiles();
        return rig;
    }

    [Fact]
    public void Appends_that_were_not_synced_are_there_or_an_error_and_those_before_them_are_there()
    {
        for (var seed = 1; seed <= 200; seed++)
        {
            using var rig = NewRig();
            var random = new Random(seed);
            var content = Bytes(seed, 3 * ChunkLimits.BlockBytes);
            var (at, synced) = (0, 0);
            while (at < content.Length - 10_000 && random.Next(60) != 0)
            {
                var part = random.Next(1, random.Next(3) == 0 ? 9_000 : 600);
                Assert.Equal(Errno.None, rig.Write((uint)at, content.AsSpan(at, part)));
                at += part;
                if (random.Next(4) != 0)
                    continue;
                Assert.Equal(Errno.None, rig.Table.Sync(ChunkRig.Key.Inode));
                synced = at;
            }

            // The log reached the disk by itself, and the file did not.
            rig.Sync();
            rig.LosePower(random);
            Check(rig, content, at, synced, seed);
            rig.Restart();
            Check(rig, content, at, synced, seed);
        }
    }

    private static void Check(ChunkRig rig, byte[] content, int end, int synced, int seed)
    {
        for (var at = 0; at < end; at += ChunkLimits.PieceBytes)
        {
            var bytes = Math.Min(ChunkLimits.PieceBytes, end - at);
            var (error, data) = rig.ReadBytes((uint)at, (uint)bytes);
            if (error == Errno.EIO && at >= synced)
                continue;
            Assert.True(error == Errno.None, $"seed {seed}: {error} at {at} of {end}, {synced} were synced");
            Assert.True(content.AsSpan(at, bytes).SequenceEqual(data), $"seed {seed}: other bytes at {at} of {end}, {synced} were synced");
        }
    }

    /// <summary>What the record has besides the file never brings anything back.</summary>
    [Fact]
    public void What_was_changed_after_an_append_and_synced_is_as_it_was_changed()
    {
        for (var seed = 1; seed <= 150; seed++)
        {
            using var rig = NewRig();
            var random = new Random(seed);
            var model = new byte[ChunkLimits.BlockBytes];
            var end = 0;
            for (var step = 0; step < 40; step++)
                end = Step(rig, model, end, random);
            rig.Sync();
            Assert.Equal(Errno.None, rig.Table.Sync(ChunkRig.Key.Inode));
            rig.LosePower(random);
            var (error, data) = rig.ReadBytes(0, (uint)model.Length);
            Assert.True(error == Errno.None, $"seed {seed}: {error}");
            Assert.True(model.AsSpan().SequenceEqual(data), $"seed {seed}: other bytes");
        }
    }

    private static int Step(ChunkRig rig, byte[] model, int end, Random random)
    {
        var room = model.Length - end;
        var offset = random.Next(end + 1);
        var length = Math.Min(random.Next(1, 700), model.Length - offset);
        switch (random.Next(10))
        {
            case 0 when end > 0:
                Assert.Equal(Errno.None, rig.Truncate((uint)offset));
                model.AsSpan(offset).Clear();
                return offset;
            case 1:
                Assert.Equal(Errno.None, rig.Punch((uint)offset, (uint)length));
                model.AsSpan(offset, Math.Min(length, Math.Max(0, end - offset))).Clear();
                return end;
            case 2 when length > 0:
                var over = Bytes(random.Next(), length);
                Assert.Equal(Errno.None, rig.Write((uint)offset, over));
                over.CopyTo(model, offset);
                return Math.Max(end, offset + length);
            case 3:
                Assert.Equal(Errno.None, rig.Table.Sync(ChunkRig.Key.Inode));
                return end;
            case 4:
                rig.Table.Seal(all: true);
                return end;
            case 5:
                // Loaded again it is to be synced again, as all is that a node finds after a kill.
                rig.Restart();
                Assert.Equal(Errno.None, rig.ReadBytes(0, 1).Error);
                return end;
            default:
                var appended = Bytes(random.Next(), Math.Min(room, random.Next(1, 700)));
                if (appended.Length == 0)
                    return end;
                Assert.Equal(Errno.None, rig.Write((uint)end, appended));
                appended.CopyTo(model, end);
                return end + appended.Length;
        }
    }
}
