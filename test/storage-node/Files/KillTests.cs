using SealFs.Core;
using Xunit;

namespace SealFs.StorageNode.Tests.Files;

/// <summary>kill -9 under load, many times: what was acknowledged is there, and nothing is unreadable.</summary>
public sealed class KillTests(ITestOutputHelper output)
{
    private const int Files = 4;
    private const int Kills = 8;

    [Fact]
    public void Nothing_acknowledged_is_lost_or_unreadable_after_a_kill()
    {
        var seed = Environment.TickCount;
        output.WriteLine($"seed {seed}");
        using var directory = new TemporaryDirectory();
        InodeId[] inodes;
        using (var rig = new FileRig(FileModelTests.Chunk, directory: directory.Directory))
            inodes = [.. Enumerable.Range(0, Files).Select(_ => rig.CreateFile())];
        var models = new byte[Files][];
        Array.Fill(models, []);
        var next = 0;
        var random = new Random(seed);
        for (var kill = 0; kill < Kills; kill++)
        {
            using var child = ChildWriter.Start(directory.Directory, seed, next, inodes);
            var last = child.KillAfter(random.Next(5, 60), random.Next(0, 3_000_000));
            for (; next <= last; next++)
            {
                var step = FileStep.Make(seed, next, Files);
                models[step.File] = step.Apply(models[step.File]);
            }

            Check(directory.Directory, inodes, models, FileStep.Make(seed, next, Files), $"seed {seed} kill {kill} step {next}");
            next++;
        }
    }

    /// <summary>The step that was under way may have happened in part: its bytes, and the size, may be of before or after.</summary>
    private static void Check(string directory, InodeId[] inodes, byte[][] models, FileStep underWay, string place)
    {
        using var rig = new FileRig(FileModelTests.Chunk, directory: directory);
        for (var file = 0; file < inodes.Length; file++)
        {
            var size = (int)rig.Row(inodes[file]).Attributes.SizeBytes;
            var (error, data) = rig.Read(inodes[file], 0, size);
            Assert.True(error == Errno.None, $"{place}: file {file} answers {error}");
            if (file != underWay.File)
            {
                Assert.True(models[file].AsSpan().SequenceEqual(data), $"{place}: file {file} differs from {models[file].AsSpan().CommonPrefixLength(data)} on");
                continue;
            }

            var after = underWay.Apply(models[file]);
            Assert.True(size == models[file].Length || size == after.Length, $"{place}: size {size} is neither {models[file].Length} nor {after.Length}");
            for (var at = 0; at < size; at++)
            {
                var before = at < models[file].Length ? models[file][at] : 0;
                var then = at < after.Length ? after[at] : 0;
                var inHole = data[at] == 0 && at >= models[file].Length;
                Assert.True(data[at] == before || data[at] == then || inHole, $"{place}: byte {at} of file {file} is neither old nor new");
            }

            models[file] = data;
        }

        // A cut that is taken up again is over before anybody else writes: docs/testing.md says what is open about that.
        Assert.True(SpinWait.SpinUntil(() => rig.Data.Purge.Pending == 0, TimeSpan.FromSeconds(30)), $"{place}: a cut does not end");
    }
}
