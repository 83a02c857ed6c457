using SealFs.Client.Fsck;
using SealFs.Core;
using Xunit;

namespace SealFs.LossyDisk.Tests;

/// <summary>The node's machine loses power, and its disk keeps of what was not synced nothing, some pages, or halves of pages.</summary>
public sealed class PowerLossTests(ITestOutputHelper output) : IAsyncLifetime
{
    private NodeRig _node = null!;

    public async ValueTask InitializeAsync() => _node = await NodeRig.StartAsync();

    public ValueTask DisposeAsync() => _node.DisposeAsync();

    [Theory]
    [InlineData("all")]
    [InlineData("pages")]
    [InlineData("torn")]
    public async Task What_was_synced_is_there_and_nothing_is_damaged(string how)
    {
        var seed = Environment.TickCount & 0xFFFF;
        output.WriteLine($"seed {seed}");
        var random = new Random(seed);
        var synced = new Dictionary<InodeId, byte[]>();
        for (var round = 0; round < 4; round++)
        {
            for (var number = 0; number < 8; number++)
            {
                var inode = await _node.CreateAsync($"file-{round}-{number}");
                var bytes = NodeRig.Pattern(random.Next(), random.Next(1, 400_000));
                Assert.Equal(Errno.None, await _node.WriteAsync(inode, 0, bytes));
                if (random.Next(2) == 0)
                    continue;
                Assert.Equal(Errno.None, await _node.FsyncAsync(inode));
                synced[inode] = bytes;
            }

            await _node.LosePowerAsync(how == "all" ? how : $"{how} {random.Next()}");
            foreach (var (inode, bytes) in synced)
            {
                var (status, read) = await _node.ReadAsync(inode, 0, (uint)bytes.Length);
                Assert.Equal(Errno.None, status);
                Assert.Equal(bytes, read);
            }

            var report = await _node.CheckAsync();
            output.WriteLine(report.Describe());
            Assert.DoesNotContain(report.Findings, static finding => finding.Kind == FindingKind.DamagedChunk);
        }
    }

    /// <summary>What was acknowledged before the process died must not be lost to a loss of power after an fsync by the next process.</summary>
    [Fact]
    public async Task An_fsync_after_a_restart_covers_what_was_written_before()
    {
        var inode = await _node.CreateAsync("file");
        var bytes = NodeRig.Pattern(1, 300_000);
        Assert.Equal(Errno.None, await _node.WriteAsync(inode, 0, bytes));
        await _node.KillAsync();
        await _node.StartNodeAsync();
        Assert.Equal(Errno.None, await _node.FsyncAsync(inode));

        await _node.LosePowerAsync("all");

        var (status, read) = await _node.ReadAsync(inode, 0, (uint)bytes.Length);
        Assert.Equal(Errno.None, status);
        Assert.Equal(bytes, read);
    }

    /// <summary>The bytes beside the inode were synced. When the file becomes a chunk, they must not go before the chunk's are on the disk.</summary>
    [Theory]
    [InlineData(20_000)]
    [InlineData(100_000)]
    public Task A_conversion_that_was_not_synced_keeps_what_was(int growth) => ConvertAsync(growth, restart: false);

    /// <summary>The same when the process that synced them is not the one that converts.</summary>
    [Theory]
    [InlineData(20_000)]
    [InlineData(100_000)]
    public Task A_conversion_after_a_restart_keeps_what_was_synced(int growth) => ConvertAsync(growth, restart: true);

    private async Task ConvertAsync(int growth, bool restart)
    {
        var inode = await _node.CreateAsync("file");
        var bytes = NodeRig.Pattern(1, 12_000);
        Assert.Equal(Errno.None, await _node.WriteAsync(inode, 0, bytes));
        Assert.Equal(Errno.None, await _node.FsyncAsync(inode));
        if (restart)
        {
            await _node.KillAsync();
            await _node.StartNodeAsync();

            // An overwrite that nobody syncs makes the file as a whole younger than the start.
            Assert.Equal(Errno.None, await _node.WriteAsync(inode, 0, bytes[..100]));
        }

        Assert.Equal(Errno.None, await _node.WriteAsync(inode, (uint)bytes.Length, NodeRig.Pattern(2, growth)));

        // Another file's sync makes the rows of the conversion durable.
        var other = await _node.CreateAsync("other");
        Assert.Equal(Errno.None, await _node.FsyncAsync(other));
        await _node.LosePowerAsync("all");

        var (status, read) = await _node.ReadAsync(inode, 0, (uint)bytes.Length);
        Assert.Equal(Errno.None, status);
        Assert.Equal(bytes, read);
    }
}
