using CsCheck;
using SealFs.Client.Buffering;
using SealFs.Client.Tests.Fakes;
using SealFs.Core;
using SealFs.Core.Messages;
using SealFs.Core.Wire;

namespace SealFs.Client.Tests.Buffering;

public sealed class WriteBackTests
{
    private const ulong ChunkBytes = 256 * 1024;
    private const int FileBytes = 1_200_000;
    private static readonly InodeId Inode = InodeId.Create(new ShardId(3), InodeId.FirstOrdinarySequence);
    private static readonly ArenaLayout Layout = new(64, 32);

    [Fact]
    public async Task A_small_file_is_one_request_with_data_size_and_time()
    {
        await using var node = new FakeNode(ChunkBytes);
        await using var worker = WorkerModel.First(node, ChunkBytes, Layout);
        worker.Write(Inode, 0, new byte[3901]);
        Assert.Empty(node.Seen);
        Assert.Equal(Errno.None, await worker.FlushAsync(Inode));
        Assert.Equal(Opcode.Write, Assert.Single(node.Seen).Opcode);
        Assert.Equal(3901, node.Content(Inode).Length);
    }

    [Fact]
    public async Task A_flush_without_dirty_data_asks_nobody()
    {
        await using var node = new FakeNode(ChunkBytes);
        await using var worker = WorkerModel.First(node, ChunkBytes, Layout);
        Assert.Equal(Errno.None, await worker.FlushAsync(Inode));
        Assert.Empty(node.Seen);
    }

    [Fact]
    public async Task Small_sequential_writes_leave_in_large_pieces()
    {
        await using var node = new FakeNode(ChunkBytes);
        await using var worker = WorkerModel.First(node, ChunkBytes, Layout);
        var block = new byte[4096];
        for (var i = 0; i < 256; i++)
        {
            block.AsSpan().Fill((byte)i);
            worker.Write(Inode, (ulong)i * 4096, block);
        }
        Assert.Equal(Errno.None, await worker.FlushAsync(Inode));
        // Four chunks at least; how often a piece leaves before the next write joins it depends on the threads. Without joining there would be 256.
        Assert.InRange(node.CountOf(Opcode.Write), 4, 64);
        Assert.Equal(1, node.CountOf(Opcode.CommitWrite));
        var content = node.Content(Inode);
        Assert.Equal(1 << 20, content.Length);
        Assert.All(Enumerable.Range(0, 256), i => Assert.Equal((byte)i, content[i * 4096 + 17]));
    }

    [Fact]
    public async Task A_failure_is_told_and_frees_the_buffer()
    {
        await using var node = new FakeNode(ChunkBytes);
        await using var worker = WorkerModel.First(node, ChunkBytes, Layout);
        node.Intercept = request =>
        {
            request.Reply(Errno.ENOSPC);
            return true;
        };
        var held = worker.Files.Acquire(Inode);
        worker.Write(Inode, 0, new byte[100]);
        Assert.Equal(Errno.ENOSPC, await worker.FlushAsync(Inode));
        Assert.Equal(Layout.Units, worker.Arena.FreeUnits);
        worker.Files.Release(held);
    }

    [Fact]
    public async Task A_writer_waits_while_the_buffer_is_full_and_goes_on()
    {
        await using var node = new FakeNode(ChunkBytes);
        await using var worker = WorkerModel.First(node, ChunkBytes, Layout);
        var data = new byte[Layout.Units * Limits.BufferUnitBytes * 3];
        new Random(5).NextBytes(data);
        worker.Write(Inode, 0, data);
        Assert.Equal(Errno.None, await worker.FlushAsync(Inode));
        Assert.Equal(data, node.Content(Inode));
    }

    [Fact]
    public async Task What_was_accepted_survives_the_death_of_the_worker()
    {
        await using var node = new FakeNode(ChunkBytes);
        var worker = WorkerModel.First(node, ChunkBytes, Layout);
        worker.Write(Inode, 0, "first"u8);
        worker.Write(Inode, 3, "newer"u8);
        worker = await worker.DieAsync();
        await using (worker)
        {
            Assert.Equal(8, worker.RecoveredBytes);
            Assert.Equal(Errno.None, await worker.FlushAsync(Inode));
        }
        Assert.Equal("firnewer"u8, node.Content(Inode));
    }

    [Fact]
    public async Task What_was_written_under_a_session_that_is_over_is_not_sent_and_fails_its_file()
    {
        await using var node = new FakeNode(ChunkBytes);
        node.Intercept = static request => request.Header.Opcode == Opcode.Write;
        var worker = WorkerModel.First(node, ChunkBytes, Layout);
        worker.Write(Inode, 0, "stale"u8);
        var file = worker.Files.Acquire(Inode);
        worker.Arena.Count(file.Record, opens: 1, request: 1);
        worker = await worker.DieAsync(isFenced: true);
        node.Intercept = null;
        await using (worker)
        {
            Assert.Equal(5, worker.RecoveredBytes);
            Assert.Equal(worker.Arena.Units, worker.Arena.FreeUnits);
            Assert.Equal(Errno.EIO, await worker.FlushAsync(Inode));
            worker.Write(Inode, 2, "new"u8);

            // A close takes no error away: it is told again.
            _ = await worker.FlushAsync(Inode);
        }
        Assert.Equal("\0\0new"u8, node.Content(Inode));
    }

    /// <summary>Any mix of overlapping writes, flushes and deaths ends with what an array of bytes would hold.</summary>
    [Fact]
    public void It_behaves_as_an_array_of_bytes()
    {
        var write = Gen.Select(Gen.Int[0, FileBytes - 1], Gen.OneOf(Gen.Int[1, 5000], Gen.Int[5000, 300_000]), Gen.Byte)
            .Select(t => new Action(Kind.Write, t.Item1, Math.Min(t.Item2, FileBytes - t.Item1), t.Item3));
        var flush = Gen.Const(new Action(Kind.Flush, 0, 0, 0));
        var die = Gen.Const(new Action(Kind.Die, 0, 0, 0));
        var actions = Gen.Frequency((12, write), (2, flush), (1, die)).List[1, 40];
        actions.Sample(list => RunAsync(list).GetAwaiter().GetResult(), iter: 60, threads: 1, writeLine: TestContext.Current.SendDiagnosticMessage);
    }

    private static async Task RunAsync(List<Action> actions)
    {
        await using var node = new FakeNode(ChunkBytes);
        var worker = WorkerModel.First(node, ChunkBytes, Layout);
        var model = new byte[FileBytes];
        var size = 0;
        foreach (var action in actions)
        {
            switch (action.Kind)
            {
                case Kind.Write:
                    var data = new byte[action.Length];
                    data.AsSpan().Fill(action.Value);
                    worker.Write(Inode, (ulong)action.Offset, data);
                    data.CopyTo(model, action.Offset);
                    size = Math.Max(size, action.Offset + action.Length);
                    break;
                case Kind.Flush:
                    Assert.Equal(Errno.None, await worker.FlushAsync(Inode));
                    Assert.Equal(model[..size], node.Content(Inode));
                    break;
                default:
                    worker = await worker.DieAsync();
                    break;
            }
        }
        Assert.Equal(Errno.None, await worker.FlushAsync(Inode));
        Assert.Equal(model[..size], node.Content(Inode));
        Assert.Equal(Layout.Units, worker.Arena.FreeUnits);
        await worker.DisposeAsync();
    }

    private enum Kind
    {
        Write,
        Flush,
        Die,
    }

    private sealed record Action(Kind Kind, int Offset, int Length, byte Value);
}
