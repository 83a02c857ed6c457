using System.Collections.Concurrent;
using SealFs.Client.Buffering;
using SealFs.Client.Tests.Fakes;
using SealFs.Core;
using SealFs.Core.Messages;
using SealFs.Core.Placement;
using SealFs.Core.Rpc;
using SealFs.Core.Wire;

namespace SealFs.Client.Tests.Buffering;

/// <summary>A size is committed after the logs of other nodes have what it covers, and says after which cut of the file that was written.</summary>
public sealed class OrderOfLogsTests : IAsyncLifetime
{
    private const ulong ChunkBytes = 256 * 1024;
    private static readonly InodeId Inode = InodeId.Create(new ShardId(3), InodeId.FirstOrdinarySequence);

    private readonly FakeNode _chunks = new(ChunkBytes);
    private readonly FakeNode _home = new(ChunkBytes);
    private readonly ConcurrentQueue<Opcode> _seen = new();
    private WorkerModel _worker = null!;

    public ValueTask InitializeAsync()
    {
        _worker = WorkerModel.First(_chunks, ChunkBytes, new ArenaLayout(64, 32));
        var shards = new ShardAssignment[FakeCluster.ShardCount];
        Array.Fill(shards, new ShardAssignment(new Epoch(1), ReplicaSet.Of(new NodeId(1))));
        shards[Inode.Shard.Value] = new ShardAssignment(new Epoch(2), ReplicaSet.Of(new NodeId(2)));
        _worker.Router.Update(FakeCluster.Map(2, shards, _chunks, _home));
        _chunks.Intercept = _home.Intercept = Note;
        return ValueTask.CompletedTask;
    }

    public async ValueTask DisposeAsync()
    {
        await _worker.DisposeAsync();
        await _chunks.DisposeAsync();
        await _home.DisposeAsync();
    }

    private bool Note(RpcServerRequest request)
    {
        _seen.Enqueue(request.Header.Opcode);
        return false;
    }

    [Fact]
    public async Task The_log_of_a_chunk_is_synced_before_the_size_is_committed()
    {
        _chunks.IsPending = true;
        _worker.Write(Inode, 0, new byte[4 * (int)ChunkBytes]);
        Assert.Equal(Errno.None, await _worker.FlushAsync(Inode));
        var seen = _seen.ToArray();
        Assert.Equal(1, _home.CountOf(Opcode.CommitWrite));
        Assert.Equal(1, _chunks.CountOf(Opcode.Fsync));
        Assert.Equal(0, _home.CountOf(Opcode.Fsync));
        Assert.True(Array.LastIndexOf(seen, Opcode.Write) < Array.IndexOf(seen, Opcode.Fsync));
        Assert.True(Array.IndexOf(seen, Opcode.Fsync) < Array.IndexOf(seen, Opcode.CommitWrite));
    }

    [Fact]
    public async Task Nothing_is_synced_where_no_record_has_changed()
    {
        _worker.Write(Inode, 0, new byte[4 * (int)ChunkBytes]);
        Assert.Equal(Errno.None, await _worker.FlushAsync(Inode));
        Assert.DoesNotContain(Opcode.Fsync, _seen);
        Assert.Equal(1, _home.CountOf(Opcode.CommitWrite));
    }

    [Fact]
    public async Task What_was_written_before_a_cut_does_not_count_for_the_size()
    {
        _chunks.Cuts = _home.Cuts = 1;
        var file = _worker.Files.Acquire(Inode);
        _worker.Write(Inode, 3 * ChunkBytes, new byte[1000]);
        Assert.Equal(Errno.None, (await _worker.WriteBack.DrainAsync(file, commit: false)).Status);
        await Task.Yield();
        _chunks.Cuts = _home.Cuts = 2;
        _worker.Write(Inode, ChunkBytes, new byte[1000]);
        Assert.Equal(Errno.None, await _worker.FlushAsync(Inode));
        var commit = Assert.Single(_home.Commits);
        Assert.Equal((ChunkBytes + 1000, 2u), (commit.SizeAtLeastBytes, commit.Cuts));
        _worker.Files.Release(file);
    }

    /// <summary>The node loses its power between the write and the commit, and comes back before it is asked to sync its log.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task The_size_does_not_come_to_cover_what_a_node_has_lost(bool isOpen)
    {
        _chunks.IsPending = true;
        _chunks.Verifier = _home.Verifier = new WriteVerifier(1);
        var file = _worker.Files.Acquire(Inode);
        if (isOpen)
            Assert.True(_worker.Files.TryOpen(file, _worker.Arena.NextStamp(), 2));
        _chunks.Intercept = request =>
        {
            if (request.Header.Opcode == Opcode.Fsync && _chunks.CountOf(Opcode.Fsync) == 1)
            {
                Assert.Empty(_chunks.Content(Inode));
                _chunks.LosePower();
                request.Verifier = _chunks.Verifier;
            }
            return false;
        };
        byte[] data = [.. Enumerable.Range(0, 4 * (int)ChunkBytes).Select(static i => (byte)(i | 1))];
        _worker.Write(Inode, 0, data);
        Assert.Equal(isOpen ? Errno.None : Errno.EIO, await _worker.FlushAsync(Inode));
        Assert.Equal(isOpen ? 1 : 0, _home.CountOf(Opcode.CommitWrite));
        for (var at = 0; isOpen && at < data.Length; at += (int)ChunkBytes)
            Assert.True(Has(_chunks, at, data) || Has(_home, at, data), $"the chunk at {at} was not sent again");
        _worker.Files.Release(file);
    }

    /// <summary>The size of what was written before was to ride with bytes that the node refuses: it is committed all the same.</summary>
    [Fact]
    public async Task A_write_that_is_refused_does_not_take_the_size_of_an_earlier_one_along()
    {
        var file = _worker.Files.Acquire(Inode);
        _worker.Write(Inode, 0, "written"u8);
        Assert.Equal(Errno.None, (await _worker.WriteBack.DrainAsync(file, commit: false)).Status);
        await Task.Yield();
        _home.Intercept = request =>
        {
            if (request.Header.Opcode != Opcode.Write)
                return false;
            request.Reply(Errno.ENOSPC);
            return true;
        };
        _worker.Write(Inode, 7, " and refused"u8);
        Assert.Equal(Errno.ENOSPC, await _worker.FlushAsync(Inode));
        Assert.Equal("written"u8, _home.Content(Inode));
        _worker.Files.Release(file);
    }

    /// <summary>A node that syncs a block between the two would take the later one for bytes that are written over.</summary>
    [Fact]
    public async Task Ranges_of_one_block_arrive_in_the_order_in_which_they_were_written()
    {
        var other = InodeId.Create(Inode.Shard, InodeId.FirstOrdinarySequence + 8);
        var file = _worker.Files.Acquire(Inode);
        var held = new TaskCompletionSource<RpcServerRequest>(TaskCreationOptions.RunContinuationsAsynchronously);
        var early = 0;
        _home.Intercept = request =>
        {
            if (request.Header.Opcode != Opcode.Write || request.Read<WriteRequest>().Inode != Inode)
                return false;
            if (held.TrySetResult(request))
                return true;
            Interlocked.Increment(ref early);
            return false;
        };
        _worker.Write(Inode, 0, new byte[1000]);
        _worker.Write(Inode, 30_000, new byte[1000]);
        var flushed = _worker.FlushAsync(Inode);
        var first = await held.Task;
        _worker.Write(other, 0, new byte[1000]);
        Assert.Equal(Errno.None, await _worker.FlushAsync(other));
        Assert.Equal(0, Volatile.Read(ref early));
        _home.Serve(first);
        Assert.Equal(Errno.None, await flushed);
        Assert.Equal(1, early);
        _worker.Files.Release(file);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(100)]
    [InlineData(65_000)]
    public async Task A_stream_is_divided_where_blocks_begin(int start)
    {
        var ends = new ConcurrentQueue<ulong>();
        _chunks.Intercept = _home.Intercept = request =>
        {
            if (request.Header.Opcode == Opcode.Write && request.Read<WriteRequest>() is var write)
                ends.Enqueue(write.OffsetBytes + (uint)request.PayloadSpan.Length);
            return false;
        };
        for (var at = start; at < start + 700_000; at += 7_000)
            _worker.Write(Inode, (ulong)at, new byte[7_000]);
        Assert.Equal(Errno.None, await _worker.FlushAsync(Inode));
        Assert.True(ends.Count > 3);

        // The end of the stream, and where a single write goes over a bound.
        Assert.InRange(ends.Count(static end => end % 65_536 != 0), 1, 2);
    }

    private static bool Has(FakeNode node, int at, byte[] data)
    {
        var bytes = node.Bytes(Inode);
        return bytes.Length >= at + (int)ChunkBytes && bytes.AsSpan(at, (int)ChunkBytes).SequenceEqual(data.AsSpan(at, (int)ChunkBytes));
    }
}
