using SealFs.Core;
using SealFs.Core.Messages;
using SealFs.Core.Wire;
using SealFs.StorageNode.Shards;
using SealFs.StorageNode.Tests.Shards;
using SealFs.StorageNode.Transactions;
using SealFs.StorageNode.Transactions.Steps;
using Xunit;

namespace SealFs.StorageNode.Tests.Transactions;

/// <summary>
/// Steps that a participant does after the decision: a name of a file that has others is taken away, or what a machine has lost with its power is done again. The former owner of the coordinator's
/// shard may ask for that again much later, when the participant is another process or another node, which has the rows and nothing else.
/// </summary>
public sealed class FollowTests : IDisposable
{
    private static readonly VolumeId s_volume = new(1);

    private readonly TemporaryDirectory _directory = new();
    private readonly Clock _clock = new();
    private readonly ShardRig _rig;
    private readonly Shard _shard;
    private readonly TransactionId _transaction = new(7);
    private readonly DropLinkStep _step;

    public FollowTests()
    {
        _rig = new ShardRig(_directory.In("store"), time: _clock);
        Assert.Equal(Errno.None, _rig.Create(_rig.Root, "first"u8));
        var reader = new WireReader(_rig.Reply);
        Assert.True(EntryReply.TryRead(ref reader, out var file));
        _step = new DropLinkStep { Inode = file.Attributes.Inode, TimeNs = 1 };
        Assert.Equal(Errno.None, Link("second"u8));
        Assert.Equal(Errno.None, Link("third"u8));
        _shard = _rig.Node.Shards.Find(default)!;
    }

    [Fact]
    public void A_step_that_was_done_is_not_done_again_after_a_move()
    {
        Follow(_shard.Transactions);
        Assert.Equal(2u, Links());

        Follow(Reopened());
        Assert.Equal(2u, Links());
    }

    [Fact]
    public void A_commit_of_what_was_lost_is_refused_and_done_from_its_steps_once()
    {
        Assert.Equal(Errno.ENOENT, Decide(_shard.Transactions));
        Follow(_shard.Transactions);
        Assert.Equal(Errno.None, Decide(_shard.Transactions));
        Assert.Equal(Errno.None, Decide(Reopened()));
        Assert.Equal(2u, Links());
    }

    [Fact]
    public void What_was_prepared_is_committed_by_its_steps()
    {
        List<TransactionStep> steps = [_step];
        using (_shard.Enter())
            Assert.Equal(Errno.None, _shard.Transactions.Prepare(_transaction, s_volume, default, 0, ref steps, out _));
        Follow(_shard.Transactions);
        Assert.Equal(2u, Links());
        Assert.Empty(TransactionRows.LoadPrepared(_rig.Node.Engine, _shard.Id));
        Follow(_shard.Transactions);
        Assert.Equal(2u, Links());
    }

    [Fact]
    public void A_locked_file_is_left_alone()
    {
        var other = new TransactionId(8);
        using (_shard.Enter())
        {
            Assert.True(_shard.Locks.TryLock(LockKey.Inode(_step.Inode), other));
            Assert.Equal(Errno.Busy, _shard.Transactions.Follow(_transaction, s_volume, [_step]));
            _shard.Locks.Unlock(LockKey.Inode(_step.Inode), other);
        }

        Assert.Equal(3u, Links());
    }

    [Fact]
    public void It_is_remembered_until_nobody_can_ask_any_more()
    {
        Follow(_shard.Transactions);
        Assert.Empty(Forgettable(Limits.KeepFollowedMs - 1));
        Assert.Equal([_transaction], Forgettable(1));
        Assert.Equal([(_transaction, true)], TransactionRows.LoadApplied(_rig.Node.Engine, _shard.Id));
        using (_shard.Enter())
            _shard.Transactions.ForgetApplied([_transaction]);
        Assert.Empty(TransactionRows.LoadApplied(_rig.Node.Engine, _shard.Id));
    }

    [Fact]
    public void Everything_that_came_back_with_a_removed_directory_goes_with_it()
    {
        Assert.Equal(Errno.None, Follow(new CreateDirectoryStep { Parent = _rig.Root, Mode = 0x1ED, Uid = 0, Gid = 0, TimeNs = 1 }, out var directory));
        Assert.Equal(Errno.None, _rig.Create(directory, "back"u8));
        Assert.Equal(Errno.None, _rig.Send(Opcode.Link, new LinkRequest { Directory = directory, Name = "linked"u8, Inode = _step.Inode }, mutation: true));
        using (_shard.Enter())
            Assert.Equal(Errno.None, _shard.Transactions.Follow(new TransactionId(9), s_volume, [new RemoveDirectoryStep { Directory = directory, TimeNs = 1 }]));
        Assert.Equal(Errno.ENOENT, _rig.GetAttr(directory));
        Assert.Equal(3u, Links());
    }

    public void Dispose()
    {
        _rig.Dispose();
        _directory.Dispose();
    }

    private Errno Link(ReadOnlySpan<byte> name) =>
        _rig.Send(Opcode.Link, new LinkRequest { Directory = _rig.Root, Name = name, Inode = _step.Inode }, mutation: true);

    private uint Links()
    {
        Assert.Equal(Errno.None, _rig.GetAttr(_step.Inode));
        var reader = new WireReader(_rig.Reply);
        Assert.True(AttributesReply.TryRead(ref reader, out var reply));
        return reply.Attributes.LinkCount;
    }

    /// <summary>Makes a directory that a participant had lost.</summary>
    private Errno Follow(CreateDirectoryStep step, out InodeId made)
    {
        var transaction = new TransactionId(10);
        using (_shard.Enter())
        {
            var part = new TransactionPart(transaction, s_volume) { IsLogged = false };
            var mutation = _shard.Begin(s_volume);
            Assert.Equal(Errno.None, StepRunner.Prepare(mutation, part, [step], out _));
            made = step.Inode;
            return _shard.Transactions.Follow(transaction, s_volume, [step]);
        }
    }

    private void Follow(ShardTransactions transactions)
    {
        using (_shard.Enter())
            Assert.Equal(Errno.None, transactions.Follow(_transaction, s_volume, [_step]));
    }

    private Errno Decide(ShardTransactions transactions)
    {
        using (_shard.Enter())
            return transactions.Decide(_transaction, commit: true);
    }

    private ShardTransactions Reopened()
    {
        using (_shard.Enter())
            return new ShardTransactions(_shard);
    }

    private List<TransactionId> Forgettable(long afterMs)
    {
        _clock.Ms += afterMs;
        var found = new List<TransactionId>();
        using (_shard.Enter())
            _shard.Transactions.TakeForgettable(10, found);
        return found;
    }

    private sealed class Clock : TimeProvider
    {
        public long Ms { get; set; } = 10_000;

        public override long TimestampFrequency => 1000;

        public override long GetTimestamp() => Ms;
    }
}
