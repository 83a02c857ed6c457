using System.Text;
using SealFs.Client.Buffering;
using SealFs.Client.Tests.Fakes;
using SealFs.Core;
using SealFs.Core.Rpc;
using SealFs.Core.Wire;

namespace SealFs.Client.Tests.Buffering;

/// <summary>Appends: the inode's shard says where they go, whatever this client believes, and says the same when it is asked again.</summary>
public sealed class AppendTests : IAsyncLifetime
{
    private const ulong ChunkBytes = 256 * 1024;
    private static readonly InodeId Inode = InodeId.Create(new ShardId(3), InodeId.FirstOrdinarySequence);

    private readonly FakeNode _node = new(ChunkBytes) { Verifier = new WriteVerifier(1) };
    private WorkerModel _worker = null!;
    private ulong _requests = 2;

    public ValueTask InitializeAsync()
    {
        _worker = WorkerModel.First(_node, ChunkBytes, new ArenaLayout(64, 64));
        return default;
    }

    public async ValueTask DisposeAsync()
    {
        await _worker.DisposeAsync();
        await _node.DisposeAsync();
    }

    [Fact]
    public async Task Appends_of_two_clients_stand_one_behind_the_other()
    {
        Append("one ");
        Append("two ");
        _node.AppendByOther(Inode, "other "u8);
        await FlushAsync();
        Append("three");
        await FlushAsync();
        Assert.Equal("other one two three", Text());
        Assert.Equal(2, _node.CountOf(Opcode.PlaceAppend));
    }

    [Fact]
    public async Task An_append_where_nobody_else_appends_is_one_request()
    {
        for (var i = 0UL; i < 5; i++)
        {
            Assert.Equal(5, _worker.Append(Inode, "line "u8, offset: 5 * i));
            await FlushAsync();
        }
        Assert.Equal("line line line line line ", Text());
        Assert.Equal(5, _node.CountOf(Opcode.Write));
        Assert.Equal(0, _node.CountOf(Opcode.PlaceAppend) + _node.CountOf(Opcode.CommitWrite));
    }

    /// <summary>The size that was to ride with the bytes is not told for bytes that went elsewhere.</summary>
    [Fact]
    public async Task An_append_that_goes_elsewhere_leaves_the_size_to_the_others()
    {
        _node.AppendByOther(Inode, "other "u8);
        _node.Intercept = request => request.Header.Opcode == Opcode.PlaceAppend && Refuse(request);
        Append("a longer line than the other one ");
        Assert.Equal(Errno.ENOSPC, await _worker.FlushAsync(Inode));
        Assert.Equal("other ", Text());
    }

    [Fact]
    public async Task A_successor_sends_again_what_stands_there_already_and_it_stands_there_once()
    {
        var died = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _node.Intercept = request =>
        {
            if (request.Header.Opcode != Opcode.Write || request.Header.Generation != 0)
                return false;
            Assert.True(_node.AppendUnheard(request));
            _node.AppendByOther(Inode, "other "u8);
            died.TrySetResult();
            return true;
        };
        Append("one ");
        var flushed = FlushAsync();
        await died.Task;
        Append("two ");
        _worker = await _worker.DieAsync();
        await FlushAsync();
        Assert.Equal("one other two ", Text());
        _ = flushed;
    }

    [Fact]
    public async Task What_was_appended_while_the_place_is_asked_for_follows()
    {
        _node.AppendByOther(Inode, "other "u8);
        _node.Intercept = request =>
        {
            if (request.Header.Opcode == Opcode.PlaceAppend && _node.CountOf(Opcode.PlaceAppend) == 1)
            {
                Append("two ");
                _node.AppendByOther(Inode, "another "u8);
            }
            return false;
        };
        Append("one ");
        await FlushAsync();
        await FlushAsync();
        Assert.Equal("other another one two ", Text());
    }

    [Fact]
    public async Task A_write_that_fills_several_ranges_stays_together()
    {
        Append("x");
        _node.AppendByOther(Inode, "other"u8);
        var large = new string('l', (int)ChunkBytes + 100_000);
        Append(large);
        await FlushAsync();
        _node.AppendByOther(Inode, "another"u8);
        await FlushAsync();
        Assert.Equal("otherx" + large + "another", Text());
    }

    [Fact]
    public async Task A_successor_asks_again_and_has_the_same_place()
    {
        var died = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _node.Intercept = request =>
        {
            if (request.Header.Opcode != Opcode.PlaceAppend || request.Header.Generation != 0)
                return false;
            _node.PlaceUnheard(request);
            _node.AppendByOther(Inode, "other"u8);
            died.TrySetResult();
            return true;
        };
        _node.AppendByOther(Inode, "before "u8);
        Append("one ");
        Append("two ");
        var flushed = FlushAsync();
        await died.Task;
        Append("three ");
        _worker = await _worker.DieAsync();
        await FlushAsync();
        Assert.Equal("before one two otherthree ", Text());
        _ = flushed;
    }

    [Fact]
    public async Task A_request_that_is_sent_again_is_taken_once()
    {
        Open();
        Assert.Equal(4, _worker.Append(Inode, "one "u8, request: 1000));
        _worker = await _worker.DieAsync();
        Assert.Equal(4, _worker.Append(Inode, "one "u8, request: 1000));
        Assert.Equal(4, _worker.Append(Inode, "two "u8, request: 1002));
        await FlushAsync();
        _worker = await _worker.DieAsync();
        Assert.Equal(4, _worker.Append(Inode, "two "u8, request: 1002));
        await FlushAsync();
        Assert.Equal("one two ", Text());
    }

    [Fact]
    public async Task After_losses_of_power_everything_is_where_it_was()
    {
        Open();
        Append("durable ");
        Assert.Equal(Errno.None, await _worker.SyncAsync(Inode));
        Append("mine ");
        Append("too ");
        await FlushAsync();
        _node.LosePower();
        Append("late ");
        await FlushAsync();
        _node.LosePower();
        Assert.Equal(Errno.None, await _worker.SyncAsync(Inode));
        _node.LosePower();
        Assert.Equal("durable mine too late ", Text());
    }

    [Fact]
    public async Task A_place_that_outlived_the_loss_is_kept()
    {
        Open();
        Append("mine ");
        await FlushAsync();
        _node.LosePower(Inode.Shard);
        _node.AppendByOther(Inode, "other "u8);
        Append("late ");
        Assert.Equal(Errno.None, await _worker.SyncAsync(Inode));
        Assert.Equal("mine other late ", Text());
    }

    private static bool Refuse(RpcServerRequest request)
    {
        request.Reply(Errno.ENOSPC);
        return true;
    }

    private void Append(string text) => Assert.Equal(text.Length, _worker.Append(Inode, Encoding.ASCII.GetBytes(text)));

    private async Task FlushAsync() => Assert.Equal(Errno.None, await _worker.FlushAsync(Inode));

    private string Text() => Encoding.ASCII.GetString(_node.Content(Inode));

    private void Open()
    {
        var file = _worker.Files.Acquire(Inode);
        Assert.True(_worker.Files.TryOpen(file, _worker.Arena.NextStamp(), _requests += 2));
        _worker.Files.Release(file);
    }
}
