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
/// A name of a file that has others is taken away in the file's shard, after the decision. The former owner of the coordinator's shard may ask for that again much later, when the
/// participant is another process or another node, which has the rows and nothing else.
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
        Assert.False(Follow(_shard.Transactions));
        Decide(_shard.Transactions);
        Assert.Equal(2u, Links());

        Assert.True(Follow(Reopened()));
        Assert.Equal(2u, Links());
    }

    [Fact]
    public void A_step_that_is_prepared_stays_so_over_a_move()
    {
        Assert.False(Follow(_shard.Transactions));
        using (_shard.Enter())
            StepRunner.Unlock(_shard, TransactionRows.LoadPrepared(_rig.Node.Engine, _shard.Id).Single());
        var after = Reopened();
        Assert.False(Follow(after));
        Decide(after);
        Assert.Equal(2u, Links());
        Assert.True(Follow(after));
    }

    [Fact]
    public void It_is_forgotten_when_nobody_can_ask_any_more()
    {
        Follow(_shard.Transactions);
        Decide(_shard.Transactions);
        Forget(Limits.KeepFollowedMs - 1);
        Assert.Equal([_transaction], TransactionRows.LoadEnded(_rig.Node.Engine, _shard.Id));
        Forget(1);
        Assert.Empty(TransactionRows.LoadEnded(_rig.Node.Engine, _shard.Id));
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

    private bool Follow(ShardTransactions transactions)
    {
        using (_shard.Enter())
        {
            Assert.Equal(Errno.None, transactions.Follow(_transaction, s_volume, _step, out var isDone));
            return isDone;
        }
    }

    private void Decide(ShardTransactions transactions)
    {
        using (_shard.Enter())
            transactions.Decide(_transaction, commit: true);
    }

    private ShardTransactions Reopened()
    {
        using (_shard.Enter())
            return new ShardTransactions(_shard);
    }

    private void Forget(long afterMs)
    {
        _clock.Ms += afterMs;
        using (_shard.Enter())
            _shard.Transactions.ForgetFollowed();
    }

    private sealed class Clock : TimeProvider
    {
        public long Ms { get; set; } = 10_000;

        public override long TimestampFrequency => 1000;

        public override long GetTimestamp() => Ms;
    }
}
