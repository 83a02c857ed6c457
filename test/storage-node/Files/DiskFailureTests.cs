using SealFs.Core;
using SealFs.Core.Messages;
using SealFs.Core.Wire;
using SealFs.StorageNode.Shards;
using SealFs.StorageNode.Tests.Hosting;
using Xunit;

namespace SealFs.StorageNode.Tests.Files;

/// <summary>Disks that fail under a node: in one file, in the log, or as a whole; and changes that cannot be stored half-way.</summary>
public sealed class DiskFailureTests : IDisposable
{
    private const int EIO = 5;
    private const Opcode Replies = (Opcode)120;
    private const Opcode HandsOn = (Opcode)121;

    private readonly FileRig _rig = new();
    private readonly byte[] _bytes = new byte[200 * 1024];

    public DiskFailureTests() => new Random(2).NextBytes(_bytes);

    public void Dispose() => _rig.Dispose();

    [Fact]
    public void A_file_that_cannot_be_synced_is_its_users_matter()
    {
        var losses = 0;
        _rig.Node.RememberLoss = () => losses++;
        var (bad, good) = (_rig.CreateFile(), _rig.CreateFile());
        Assert.Equal(Errno.None, _rig.Write(bad, 0, _bytes));
        _rig.Device.SyncError = EIO;
        Assert.Equal(Errno.EIO, _rig.Fsync(bad));
        _rig.Device.SyncError = 0;
        Assert.Equal(Errno.EIO, _rig.Fsync(bad));
        Assert.Equal(Errno.EIO, _rig.Send(Opcode.SyncVolume, FileRig.Home, default(EmptyMessage)));
        Assert.Null(_rig.Node.Failure);
        Assert.NotEqual(0, losses);

        Assert.Equal(Errno.None, _rig.Write(good, 0, _bytes));
        Assert.Equal(Errno.None, _rig.Fsync(good));
        Assert.Equal(Errno.None, _rig.Write(bad, 0, _bytes));
        Assert.Equal(Errno.None, _rig.Fsync(bad));
        Assert.Equal(Errno.None, _rig.Send(Opcode.SyncVolume, FileRig.Home, default(EmptyMessage)));
    }

    [Fact]
    public void A_data_disk_that_takes_nothing_ends_the_service()
    {
        var inode = _rig.CreateFile();
        Assert.Equal(Errno.None, _rig.Write(inode, 0, _bytes));
        _rig.Device.DiskError = EIO;
        Assert.Equal(Errno.EIO, _rig.Fsync(inode));
        Assert.Contains("data disk", _rig.Node.Failure, StringComparison.Ordinal);
        _rig.Device.DiskError = 0;
        Assert.Equal(Errno.EIO, _rig.Send(Opcode.GetAttr, inode.Shard, new InodeRequest(inode)));
    }

    [Fact]
    public void A_log_that_cannot_be_synced_ends_the_service_and_is_not_asked_again()
    {
        var inode = _rig.CreateFile();
        _rig.Engine.SyncError = "IO error: While fdatasync: 000012.log: Input/output error";
        Assert.Equal(Errno.EIO, _rig.Fsync(inode));
        Assert.Contains("metadata disk", _rig.Node.Failure, StringComparison.Ordinal);
        _rig.Engine.SyncError = null;
        var syncs = _rig.Engine.Syncs;
        var status = Errno.None;
        using var done = new ManualResetEventSlim();
        _rig.Node.GroupCommit.AfterSync(answer =>
        {
            status = answer;
            done.Set();
        });
        Assert.True(done.Wait(TimeSpan.FromSeconds(30)));
        Assert.Equal(Errno.EIO, status);
        Assert.Equal(syncs, _rig.Engine.Syncs);
        Assert.Equal(Errno.EIO, _rig.Fsync(inode));
    }

    [Fact]
    public void A_log_on_a_full_disk_does_not_end_the_service()
    {
        var inode = _rig.CreateFile();
        _rig.Engine.SyncError = "IO error: No space left on device: While appending to file: 000012.log";
        Assert.Equal(Errno.ENOSPC, _rig.Fsync(inode));
        _rig.Engine.SyncError = null;
        Assert.Null(_rig.Node.Failure);
        Assert.Equal(Errno.None, _rig.Fsync(inode));
    }

    [Fact]
    public void A_conversion_that_cannot_be_stored_leaves_the_content_inline_and_the_node_well()
    {
        var inode = _rig.CreateFile();
        Assert.Equal(Errno.None, _rig.Write(inode, 0, _bytes.AsSpan(0, 10_000)));
        Assert.Equal(0, _rig.ChunkFiles());
        _rig.Engine.ApplyError = "IO error: No space left on device";
        Assert.Equal(Errno.ENOSPC, _rig.Write(inode, 10_000, _bytes.AsSpan(10_000, 50_000)));
        _rig.Data.Chunks.Seal(all: true);
        _rig.Engine.ApplyError = null;
        _rig.Data.Chunks.Seal(all: true);
        Assert.Equal(10_000, _rig.Read(inode, 0, 100_000).Data.Length);
        Assert.Equal(_bytes.AsSpan(0, 10_000).ToArray(), _rig.Read(inode, 0, 100_000).Data);
        Assert.Equal(Errno.None, _rig.Write(inode, 10_000, _bytes.AsSpan(10_000, 50_000)));
        Assert.Equal(_bytes.AsSpan(0, 60_000).ToArray(), _rig.Read(inode, 0, 100_000).Data);
        Assert.Equal(0, _rig.Node.BackgroundFailures);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public void A_change_that_fails_at_any_commit_leaves_what_was_there(int commit)
    {
        var inode = _rig.CreateFile();
        Assert.Equal(Errno.None, _rig.Write(inode, 0, _bytes));
        Assert.Equal(Errno.None, _rig.Fsync(inode));
        _rig.Data.Chunks.Seal(all: true);
        var count = 0;
        _rig.Engine.FailsNow = () => Interlocked.Increment(ref count) >= commit;
        _rig.Engine.ApplyError = "IO error: No space left on device";
        _rig.Device.WritableBytes = commit % 2 == 0 ? 0 : long.MaxValue;
        var errors = new[]
        {
            _rig.Write(inode, 150_000, _bytes),
            _rig.Range(inode, default, ChunkRangeOperation.Allocate, 1 << 20, 1 << 20),
            _rig.Range(inode, default, ChunkRangeOperation.Punch, 65_536, 65_536),
        };
        Assert.Contains(Errno.ENOSPC, errors);
        _rig.Data.Chunks.Seal(all: true);
        _rig.Engine.ApplyError = null;
        _rig.Device.WritableBytes = long.MaxValue;
        Assert.Equal(_bytes.AsSpan(0, 65_536).ToArray(), _rig.Read(inode, 0, 65_536).Data);
        Assert.Equal(Errno.None, _rig.Write(inode, 0, _bytes));
        Assert.Equal(Errno.None, _rig.Fsync(inode));
        Assert.Equal(_bytes, _rig.Read(inode, 0, _bytes.Length).Data);
        _rig.Data.Chunks.Seal(all: true);
        _rig.Restart(orderly: false);
        Assert.Equal(_bytes, _rig.Read(inode, 0, _bytes.Length).Data);
    }

    [Fact]
    public void Fsync_of_an_inode_that_is_gone_says_so()
    {
        var inode = _rig.CreateFile();
        Assert.Equal(Errno.None, _rig.Fsync(inode));
        _rig.Delete(inode);
        Assert.Equal(Errno.ENOENT, _rig.Fsync(inode));

        // Where another shard of the node is addressed, the inode is not known.
        var elsewhere = new ShardId((inode.Shard.Value + 1) % FileRig.Shards);
        Assert.Equal(Errno.None, _rig.Send(Opcode.Fsync, elsewhere, new FsyncRequest(inode, false)));
    }

    [Fact]
    public void A_sync_tells_the_verifiers_that_it_was_asked_for()
    {
        var inode = _rig.CreateFile();
        byte[] shards = [2, 0, 0, 0, 200, 0, 0, 0, 5, 0, 0, 0];
        ulong[] expected = [_rig.Node.Shards.Find(new ShardId(2))!.Verifier.Value, 0, _rig.Node.Shards.Find(new ShardId(5))!.Verifier.Value];
        Assert.NotEqual(expected[0], expected[2]);
        foreach (var opcode in new[] { Opcode.Fsync, Opcode.SyncVolume })
        {
            var status = opcode == Opcode.Fsync
                ? _rig.Send(opcode, inode.Shard, new FsyncRequest(inode, false), shards)
                : _rig.Send(opcode, inode.Shard, default(EmptyMessage), shards);
            Assert.Equal(Errno.None, status);
            Assert.Equal(expected, System.Runtime.InteropServices.MemoryMarshal.Cast<byte, ulong>(_rig.Source.AnswerPayload).ToArray());
            Assert.Equal(_rig.Node.Shards.Find(inode.Shard)!.Verifier, _rig.Source.Verifier);
            Assert.True(_rig.Source.Verifier.IsKnown);
        }

        Assert.Equal(Errno.Malformed, _rig.Send(Opcode.SyncVolume, inode.Shard, default(EmptyMessage), [1, 2]));
    }

    [Fact]
    public void A_request_is_answered_once_whatever_its_handler_does()
    {
        _rig.Node.Operations.Register(Replies, OperationKind.Shard, request =>
        {
            request.Reply(Errno.EACCES);
            throw new InvalidOperationException("after the reply");
        });
        Assert.Equal(Errno.EACCES, _rig.Send(Replies, FileRig.Home, default(EmptyMessage)));
        Assert.Equal(1, _rig.Node.BackgroundFailures);

        NodeRequest? kept = null;
        _rig.Node.Operations.Register(HandsOn, OperationKind.Shard, request =>
        {
            kept = request;
            throw new InvalidOperationException("after the request was handed on");
        });
        Assert.Equal(Errno.EIO, _rig.Send(HandsOn, FileRig.Home, default(EmptyMessage)));
        for (var others = 0; others < 10; others++)
        {
            Assert.Equal(Errno.EACCES, _rig.Send(Replies, FileRig.Home, default(EmptyMessage)));
            kept!.Reply(Errno.None);
        }

        Assert.Equal(10, _rig.Node.LateReplies);
    }

    [Fact]
    public async Task What_follows_a_sync_and_fails_keeps_nobody_else_from_it()
    {
        _rig.CreateFile();
        _rig.Node.GroupCommit.AfterSync(static _ => throw new InvalidOperationException("planned"));
        var answered = new TaskCompletionSource<Errno>(TaskCreationOptions.RunContinuationsAsynchronously);
        _rig.Node.GroupCommit.AfterSync(answered.SetResult);
        Assert.Equal(Errno.None, await answered.Task.WaitAsync(TimeSpan.FromSeconds(30)));
        Assert.Equal(1, _rig.Node.BackgroundFailures);
    }

    [Fact]
    public async Task A_loop_goes_on_after_a_round_that_fails()
    {
        var rounds = 0;
        using var loop = StorageNode.Hosting.WorkLoop.Start(_rig.Node, "test", static () => TimeSpan.FromMilliseconds(1), () =>
        {
            if (++rounds < 4)
                throw new InvalidOperationException("planned");
        });
        await Eventually.TrueAsync(() => Volatile.Read(ref rounds) >= 5);
        Assert.Equal(3, _rig.Node.BackgroundFailures);
    }
}
