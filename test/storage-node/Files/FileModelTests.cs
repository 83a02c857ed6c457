using CsCheck;
using SealFs.Core;
using Xunit;

namespace SealFs.StorageNode.Tests.Files;

/// <summary>Random operations on files against arrays of bytes, through the real dispatcher, engine and chunk files, with restarts between.</summary>
public sealed class FileModelTests
{
    internal const int Chunk = 128 * 1024;
    private const int Files = 3;

    [Fact]
    public void Files_behave_like_arrays_of_bytes()
    {
        using var rig = new FileRig(Chunk);
        Gen.Int[1, 1_000_000].Sample(seed => Run(rig, seed), iter: 12, threads: 1);
    }

    private static void Run(FileRig rig, int seed)
    {
        var inodes = Enumerable.Range(0, Files).Select(_ => rig.CreateFile()).ToArray();
        var models = new byte[Files][];
        Array.Fill(models, []);
        for (var number = 0; number < 30; number++)
        {
            var step = FileStep.Make(seed, number, Files);
            step.Run(rig, inodes[step.File]);
            models[step.File] = step.Apply(models[step.File]);
            if (step.Seed % 23 == 0)
                rig.Restart(orderly: step.Seed % 2 == 0);
            if (step.Seed % 3 == 0)
                Check(rig, inodes[step.File], models[step.File]);
        }

        for (var file = 0; file < Files; file++)
        {
            Check(rig, inodes[file], models[file]);
            rig.Delete(inodes[file]);
        }

        rig.WaitForPurge();

        // Files that a kill left behind their records.
        rig.Data.Collector.RunRoundAsync().GetAwaiter().GetResult();
        rig.WaitForPurge();
        Assert.Equal(0, rig.UsedBytes);
        Assert.Equal(0, rig.ChunkFiles());
    }

    private static void Check(FileRig rig, InodeId inode, byte[] model)
    {
        Assert.Equal((ulong)model.Length, rig.Row(inode).Attributes.SizeBytes);
        var (error, data) = rig.Read(inode, 0, model.Length);
        Assert.Equal(Errno.None, error);
        Assert.True(model.AsSpan().SequenceEqual(data), $"content differs from {model.AsSpan().CommonPrefixLength(data)} on");
    }
}
