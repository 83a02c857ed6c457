using SealFs.Client.Buffering;
using SealFs.Client.Tests.Fakes;
using SealFs.Core;

namespace SealFs.Client.Tests.Buffering;

/// <summary>Opens and releases are counted once, whoever is sent them: a file is told closed exactly when the kernel has nothing of it open any more.</summary>
public sealed class OpenCountTests : IAsyncLifetime
{
    private static readonly InodeId s_inode = InodeId.Create(new ShardId(1), 100);
    private static readonly InodeId s_other = InodeId.Create(new ShardId(2), 200);

    private readonly FakeNode _node = new(chunkBytes: 1 << 20);
    private readonly List<(InodeId Inode, ulong Stamp)> _closed = [];
    private WorkerModel _worker = null!;

    public ValueTask InitializeAsync()
    {
        _worker = WorkerModel.First(_node, 1 << 20, ArenaLayout.For(4 << 20));
        _worker.Files.Closed = Closed;
        return ValueTask.CompletedTask;
    }

    public async ValueTask DisposeAsync()
    {
        await _worker.DisposeAsync();
        await _node.DisposeAsync();
    }

    [Fact]
    public async Task A_release_that_a_dead_worker_counted_is_not_counted_again()
    {
        Open(s_inode, 2);
        Open(s_inode, 4);
        Close(s_inode, 6);
        await DieAsync();
        Close(s_inode, 6);
        Assert.Equal(1, OpensOf(s_inode));
        Assert.Empty(_closed);
        Close(s_inode, 8);
        Assert.Equal(s_inode, Assert.Single(_closed).Inode);
    }

    [Fact]
    public async Task A_release_that_a_dead_worker_did_not_count_is_counted()
    {
        Open(s_inode, 2);
        await DieAsync();
        Close(s_inode, 4);
        Assert.Equal(s_inode, Assert.Single(_closed).Inode);
        Close(s_inode, 4);
        Assert.Single(_closed);
    }

    [Fact]
    public async Task An_open_that_a_dead_worker_counted_is_not_counted_again()
    {
        Open(s_inode, 2);
        Open(s_inode, 4);
        await DieAsync();
        Open(s_inode, 2);
        Open(s_inode, 4);
        Assert.Equal(2, OpensOf(s_inode));
        Close(s_inode, 6);
        Close(s_inode, 8);
        Assert.Single(_closed);
    }

    [Fact]
    public async Task A_release_does_not_hit_an_open_that_came_after_it()
    {
        Open(s_inode, 2);
        Close(s_inode, 4);
        Open(s_inode, 6);
        await DieAsync();
        Close(s_inode, 4);
        Assert.Equal(1, OpensOf(s_inode));
    }

    [Fact]
    public async Task Any_order_of_deaths_and_repetitions_counts_right()
    {
        var seed = Environment.TickCount;
        TestContext.Current.TestOutputHelper?.WriteLine($"seed {seed}");
        var random = new Random(seed);
        var open = new Dictionary<InodeId, int> { [s_inode] = 0, [s_other] = 0 };
        ulong request = 2;
        for (var step = 0; step < 300; step++, request += 2)
        {
            var inode = random.Next(2) == 0 ? s_inode : s_other;
            var opens = open[inode] == 0 || random.Next(2) == 0;
            open[inode] += opens ? 1 : -1;
            Apply(opens, inode, request);
            if (random.Next(10) != 0)
                continue;
            await DieAsync();
            Apply(opens, inode, request);
        }

        foreach (var (inode, count) in open)
            Assert.Equal(count, OpensOf(inode));
    }

    private void Apply(bool opens, InodeId inode, ulong request)
    {
        if (opens)
            Open(inode, request);
        else
            Close(inode, request);
    }

    private async Task DieAsync()
    {
        _worker = await _worker.DieAsync();
        _worker.Files.Closed = Closed;
    }

    private void Closed(InodeId inode, ulong stamp) => _closed.Add((inode, stamp));

    private void Open(InodeId inode, ulong request)
    {
        var file = _worker.Files.Acquire(inode);
        Assert.True(_worker.Files.TryOpen(file, _worker.Arena.NextStamp(), request));
        _worker.Files.Release(file);
    }

    private void Close(InodeId inode, ulong request)
    {
        if (_worker.Files.Find(inode) is not { } file)
            return;
        _worker.Files.Close(file, request);
        _worker.Files.Release(file);
    }

    private int OpensOf(InodeId inode)
    {
        if (_worker.Files.Find(inode) is not { } file)
            return 0;
        var opens = file.Opens;
        _worker.Files.Release(file);
        return opens;
    }
}
