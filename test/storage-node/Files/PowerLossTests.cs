using SealFs.Core;
using SealFs.StorageNode.Tests.Chunks;
using Xunit;

namespace SealFs.StorageNode.Tests.Files;

/// <summary>A log whose records are synced one by one, or several at a time, on a data disk that loses power between: what was answered is there.</summary>
public sealed class PowerLossTests
{
    private const int Losses = 4;

    [Fact]
    public void What_was_synced_is_there_whatever_else_is_lost()
    {
        for (var seed = 1; seed <= 10; seed++)
            Run(seed);
    }

    private static void Run(int seed)
    {
        var random = new Random(seed);
        using var rig = new FileRig();
        rig.Device.Files = new VolatileFiles();
        var inode = rig.CreateFile();
        var content = new List<byte>();
        for (var loss = 0; loss < Losses; loss++)
        {
            var synced = Append(rig, inode, content, random);
            rig.Restart(orderly: false, between: () => rig.Device.Files.LosePower(random));
            content.RemoveRange(synced, content.Count - synced);
            var (error, data) = rig.Read(inode, 0, content.Count);
            Assert.True(error == Errno.None, $"seed {seed}, loss {loss}: {error}");
            Assert.True(content.ToArray().AsSpan().SequenceEqual(data), $"seed {seed}, loss {loss}: not what was synced");
            Assert.Equal(Errno.None, rig.SetSize(inode, (ulong)synced));
            if (random.Next(2) == 0)
                rig.Data.Chunks.Seal(all: random.Next(2) == 0);
        }
    }

    /// <summary>How much of the content has been synced.</summary>
    private static int Append(FileRig rig, InodeId inode, List<byte> content, Random random)
    {
        var synced = content.Count;
        for (var records = random.Next(1, 40); records > 0; records--)
        {
            var record = new byte[random.Next(1, 9000)];
            random.NextBytes(record);
            var offset = (uint)content.Count;
            content.AddRange(record);
            var isSynced = random.Next(4) != 0;
            Assert.Equal(Errno.None, isSynced ? rig.WriteAndSync(inode, offset, record) : rig.Write(inode, offset, record));
            if (!isSynced && random.Next(2) == 0)
                Assert.Equal(Errno.None, rig.Fsync(inode));
            else if (!isSynced)
                continue;
            synced = content.Count;
        }

        return synced;
    }
}
