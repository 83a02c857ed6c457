using CsCheck;
using SealFs.Core;
using SealFs.StorageNode.Chunks;
using Xunit;

namespace SealFs.StorageNode.Tests.Chunks;

/// <summary>Random operations on a chunk against an array of bytes, with kills and seals between.</summary>
public sealed class ChunkModelTests
{
    private const int Size = 5 * ChunkLimits.BlockBytes;

    private static readonly Gen<(int Kind, int Offset, int Length, int Seed)> s_step =
        Gen.Select(
            Gen.Int[0, 14],
            Gen.OneOf(Gen.Int[0, Size - 1], Gen.Int[0, 79].Select(piece => piece * 4096)),
            Gen.OneOf(Gen.Int[1, 200], Gen.Int[1, 140_000], Gen.Int[1, 10].Select(pieces => pieces * 4096)),
            Gen.Int[1, 1000]);

    [Fact]
    public void A_chunk_behaves_like_an_array_of_bytes()
    {
        s_step.Array[1, 40].Sample(steps => Run(steps), iter: 150);
    }

    private static void Run((int Kind, int Offset, int Length, int Seed)[] steps)
    {
        using var rig = new ChunkRig();
        var model = new byte[Size];
        foreach (var step in steps)
        {
            var offset = (uint)step.Offset;
            var length = (uint)Math.Min(step.Length, Size - step.Offset);
            Apply(rig, model, step.Kind, offset, length, step.Seed);
            var stored = rig.Stored.TryGetValue(ChunkRig.Key, out var bytes) && ChunkRecord.TryRead(bytes, out var record) ? record.AccountedBytes : 0;
            Assert.Equal(rig.Usage, stored);
        }

        Check(rig, model, 0, Size);
        rig.Restart();
        Check(rig, model, 0, Size);
        rig.Table.Seal(all: true);
        rig.Restart();
        Check(rig, model, 0, Size);
    }

    private static void Apply(ChunkRig rig, byte[] model, int kind, uint offset, uint length, int seed)
    {
        switch (kind)
        {
            case 0 or 1 or 2 or 3:
                var data = new byte[length];
                new Random(seed).NextBytes(data);
                Assert.Equal(Errno.None, rig.Write(offset, data));
                data.CopyTo(model, offset);
                break;
            case 4:
                Assert.Equal(Errno.None, rig.Truncate(offset));
                model.AsSpan((int)offset).Clear();
                break;
            case 5:
                Assert.Equal(Errno.None, rig.Punch(offset, length));
                model.AsSpan((int)offset, (int)length).Clear();
                break;
            case 6:
                Assert.Equal(Errno.None, rig.Allocate(offset, length, keep: (seed & 1) == 0));
                if ((seed & 1) != 0)
                    model.AsSpan((int)offset, (int)length).Clear();
                break;
            case 7 or 8:
                Check(rig, model, offset, length);
                break;
            case 9:
                rig.Table.Seal(all: true);
                break;
            case 10:
                rig.Restart();
                break;
            case 11 or 12 or 13:
                AppendToEnd(rig, model, offset, seed);
                break;
            default:
                rig.Device.WritableBytes = seed * 50;
                var failed = rig.Allocate(offset, length, keep: true);
                rig.Device.WritableBytes = long.MaxValue;
                Assert.Equal(Errno.None, failed);
                break;
        }
    }

    /// <summary>As a log does it, so that room is laid out behind the data.</summary>
    private static void AppendToEnd(ChunkRig rig, byte[] model, uint offset, int seed)
    {
        for (var i = 0; i < 5 && offset + 500 <= Size; i++, offset += 500)
        {
            Apply(rig, model, 0, offset, 500, seed + i);
            Assert.Equal(Errno.None, rig.Table.Sync(ChunkRig.Key.Inode, ChunkLimits.MaxChunkBytes));
        }
    }

    private static void Check(ChunkRig rig, byte[] model, uint offset, uint length)
    {
        var (error, data) = rig.ReadBytes(offset, length);
        Assert.Equal(Errno.None, error);
        Assert.True(model.AsSpan((int)offset, (int)length).SequenceEqual(data), "content differs");
    }
}
