using SealFs.Core;
using SealFs.Core.Messages;
using Xunit;

namespace SealFs.StorageNode.Tests.Files;

/// <summary>One operation on a file and what it does to an array of bytes; made from a number, so that two processes know the same one.</summary>
internal readonly record struct FileStep(int Kind, int File, int Offset, int Length, int Seed)
{
    public const int Most = 700_000;

    public static FileStep Make(int seed, int number, int files)
    {
        var random = new Random((seed * 1_000_003) + number);
        var offset = random.Next(4) == 0 ? random.Next(0, 30_000) : random.Next(0, Most - 1);
        var length = random.Next(3) switch { 0 => random.Next(1, 300), 1 => random.Next(1, 9000), _ => random.Next(1, 300_000) };
        return new FileStep(random.Next(0, 10), random.Next(files), offset, Math.Min(length, Most - offset), random.Next());
    }

    /// <summary>What the file is afterwards.</summary>
    public byte[] Apply(byte[] content)
    {
        switch (Kind)
        {
            case < 6:
                var grown = Sized(content, Math.Max(content.Length, Offset + Length));
                Data().CopyTo(grown, Offset);
                return grown;
            case 6:
                return Sized(content, Offset);
            case 7:
                var punched = (byte[])content.Clone();
                var (from, length) = PunchRange();
                if (from < punched.Length)
                    punched.AsSpan(from, Math.Min(length, punched.Length - from)).Clear();
                return punched;
            default:
                return content;
        }
    }

    public void Run(FileRig rig, InodeId inode)
    {
        switch (Kind)
        {
            case < 6:
                Assert.Equal(Errno.None, rig.Write(inode, (ulong)Offset, Data()));
                break;
            case 6:
                Assert.Equal(Errno.None, rig.SetSize(inode, (ulong)Offset));
                break;
            case 7:
                var (from, length) = PunchRange();
                var chunk = new ChunkIndex((ulong)from / rig.ChunkBytes);
                Assert.Equal(Errno.None, rig.Range(inode, chunk, ChunkRangeOperation.Punch, (uint)from % rig.ChunkBytes, (uint)length));
                break;
            case 8:
                Assert.Equal(Errno.None, rig.Fsync(inode));
                break;
            default:
                rig.Data.Chunks.Seal(all: true);
                break;
        }
    }

    private byte[] Data()
    {
        var data = new byte[Length];
        new Random(Seed).NextBytes(data);
        return data;
    }

    /// <summary>Within one chunk of the rigs' size.</summary>
    private (int From, int Length) PunchRange() => (Offset, Math.Min(Length, FileModelTests.Chunk - (Offset % FileModelTests.Chunk)));

    private static byte[] Sized(byte[] content, int length)
    {
        var sized = new byte[length];
        content.AsSpan(0, Math.Min(length, content.Length)).CopyTo(sized);
        return sized;
    }
}
