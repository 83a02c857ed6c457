using SealFs.Core;
using SealFs.Core.Messages;
using SealFs.Core.Wire;
using SealFs.StorageNode.Engine;
using SealFs.StorageNode.Partitions;
using SealFs.StorageNode.Shards;
using SealFs.StorageNode.Tests.Shards;
using SealFs.StorageNode.Transactions;
using SealFs.StorageNode.Transactions.Steps;
using Xunit;

namespace SealFs.StorageNode.Tests.Transactions;

/// <summary>
/// A directory that is taken back with what is in it, because its name was lost with the power of another machine, or removed a second time, while other transactions are under way in it. None of
/// them may leave anything in what is no more.
/// </summary>
public sealed class TakenBackTests : IAsyncDisposable
{
    private const uint Mode = InodeAttributes.TypeDirectory | 0x1ED;

    private static readonly VolumeId s_volume = new(1);

    private readonly TemporaryDirectory _directory = new();
    private readonly ShardRig _rig;
    private readonly TransactionService _service;
    private readonly Shard _shard;
    private readonly TransactionId _making = new(1UL << 44);
    private readonly TransactionId _other = new((1UL << 44) + 1);

    public TakenBackTests()
    {
        _rig = new ShardRig(_directory.In("store"));
        Assert.Equal(Errno.ENOENT, _rig.Lookup(_rig.Root, "none"u8));
        _shard = _rig.Node.Shards.Find(default)!;
        _service = new TransactionService(_rig.Node);
    }

    [Fact]
    public void What_was_begun_in_it_before_is_not_decided()
    {
        var made = Make(_making, _rig.Root);
        var attempt = Attempt();
        var entry = Entry(made, "sub"u8, InodeId.None);
        Assert.Equal(Errno.None, attempt.Begin(entry));
        entry.Inode = new InodeId((2UL << 44) + 5);
        Assert.Equal(Errno.None, Abort(_making));

        Assert.False(attempt.Commit(static _ => { }));
        attempt.Abort();
        Assert.Equal(0, EntriesOf(made));
        Assert.Equal(Errno.ENOENT, Attempt().Begin(Entry(made, "sub"u8, InodeId.None)));
        Assert.Equal(0, _shard.Locks.Count);
    }

    [Fact]
    public void What_begins_after_that_is_decided()
    {
        Make(_making, _rig.Root);
        Assert.Equal(Errno.None, Abort(_making));
        var attempt = Attempt();
        Assert.Equal(Errno.None, attempt.Begin(Entry(_rig.Root, "sub"u8, new InodeId((2UL << 44) + 5))));
        Assert.True(attempt.Commit(static _ => { }));
        Assert.Equal(1, EntriesOf(_rig.Root));
    }

    [Fact]
    public void A_file_in_it_that_is_getting_another_name_is_waited_for_and_stays()
    {
        var made = Make(_making, _rig.Root);
        var file = Create(made, "file"u8);
        Prepare(_other, new AddLinkStep { Inode = file, TimeNs = 2 });
        Assert.Equal(Errno.Busy, Abort(_making));
        Assert.Equal(Errno.None, _rig.GetAttr(made));

        using (_shard.Enter())
            Assert.Equal(Errno.None, _shard.Transactions.Decide(_other, commit: true));
        Assert.Equal(Errno.None, Abort(_making));
        Assert.Equal(Errno.ENOENT, _rig.GetAttr(made));
        Assert.Equal(Errno.None, _rig.GetAttr(file));
        Assert.Equal(0, EntriesOf(made));
    }

    [Fact]
    public void An_entry_that_is_prepared_below_a_directory_that_is_removed_again_is_waited_for()
    {
        var made = Make(_making, _rig.Root);
        Commit(_making);
        var below = Below(made);
        Prepare(_other, Entry(below, "moved"u8, new InodeId((2UL << 44) + 5)));
        var removing = new TransactionId((1UL << 44) + 2);
        Assert.Equal(Errno.Busy, Remove(removing, made));
        Assert.True(IsThere(below));

        Commit(_other);
        Assert.Equal(Errno.None, Remove(removing, made));
        Assert.Equal(Errno.ENOENT, _rig.GetAttr(below));
        Assert.Equal(0, EntriesOf(made));
        Assert.Equal(0, EntriesOf(below));
    }

    public async ValueTask DisposeAsync()
    {
        await _service.DisposeAsync();
        _rig.Dispose();
        _directory.Dispose();
    }

    private TransactionAttempt Attempt() => new(_service, _shard, s_volume, _rig.Node.NowMs + 10_000) { CanBeDoneAgain = true };

    private static PutEntryStep Entry(InodeId directory, ReadOnlySpan<byte> name, InodeId inode) => new()
    {
        Directory = directory,
        Partition = default,
        Name = name.ToArray(),
        Inode = inode,
        Mode = Mode,
        TimeNs = 1,
        Rule = EntryRule.New,
    };

    /// <summary>Prepares a directory, whose name is in another shard and not certain.</summary>
    private InodeId Make(TransactionId transaction, InodeId parent)
    {
        var step = new CreateDirectoryStep { Parent = parent, Mode = Mode, Uid = 0, Gid = 0, TimeNs = 1 };
        Prepare(transaction, step);
        return step.Inode;
    }

    /// <summary>A directory with a name in another one, both in this shard.</summary>
    private InodeId Below(InodeId parent)
    {
        var step = new CreateDirectoryStep { Parent = parent, Mode = Mode, Uid = 0, Gid = 0, TimeNs = 1 };
        var attempt = Attempt();
        var entry = Entry(parent, "below"u8, InodeId.None);
        Assert.Equal(Errno.None, attempt.Begin(entry, step));
        entry.Inode = step.Inode;
        Assert.True(attempt.Commit(static _ => { }));
        return step.Inode;
    }

    private InodeId Create(InodeId directory, ReadOnlySpan<byte> name)
    {
        Assert.Equal(Errno.None, _rig.Create(directory, name));
        var reader = new WireReader(_rig.Reply);
        Assert.True(EntryReply.TryRead(ref reader, out var reply));
        return reply.Attributes.Inode;
    }

    private void Prepare(TransactionId transaction, TransactionStep step)
    {
        List<TransactionStep> steps = [step];
        using (_shard.Enter())
            Assert.Equal(Errno.None, _shard.Transactions.Prepare(transaction, s_volume, default, 0, ref steps, out _));
    }

    private void Commit(TransactionId transaction)
    {
        using (_shard.Enter())
            Assert.Equal(Errno.None, _shard.Transactions.Decide(transaction, commit: true));
    }

    private Errno Abort(TransactionId transaction)
    {
        using (_shard.Enter())
            return _shard.Transactions.Decide(transaction, commit: false);
    }

    private Errno Remove(TransactionId transaction, InodeId directory)
    {
        using (_shard.Enter())
            return _shard.Transactions.Follow(transaction, s_volume, [new RemoveDirectoryStep { Directory = directory, TimeNs = 3 }]);
    }

    /// <summary>Without waiting for what is prepared in it.</summary>
    private bool IsThere(InodeId directory)
    {
        using (_shard.Enter())
            return _shard.Begin(s_volume).TryGetInode(directory, out var row) && row.Attributes.LinkCount != 0;
    }

    private int EntriesOf(InodeId directory)
    {
        Span<byte> from = stackalloc byte[MetadataKey.MaxLength];
        Span<byte> end = stackalloc byte[MetadataKey.MaxLength];
        var first = MetadataKey.Dentry(from, _shard.Id, s_volume, directory, 0, default);
        using var rows = _rig.Node.Engine.Scan(
            Table.Metadata, first, MetadataKey.Numbered(end, _shard.Id, s_volume, (byte)'D', directory.Value + 1));
        var count = 0;
        while (rows.MoveNext())
            count++;
        return count;
    }
}
