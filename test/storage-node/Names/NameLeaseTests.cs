using SealFs.Core;
using SealFs.Core.Messages;
using SealFs.Core.Wire;
using SealFs.StorageNode.Shards;
using SealFs.StorageNode.Tests.Shards;
using Xunit;

namespace SealFs.StorageNode.Tests.Names;

/// <summary>Who is told that it fills a directory alone, and what keeps that true.</summary>
public sealed class NameLeaseTests : IDisposable
{
    private const ulong One = 77;
    private const ulong Two = 78;

    private readonly TemporaryDirectory _directory = new();
    private readonly Clock _clock = new();
    private ShardRig _rig;

    public NameLeaseTests()
    {
        _rig = Start();
        Wait(NameLease.DurationMs);
    }

    public void Dispose()
    {
        _rig.Dispose();
        _directory.Dispose();
    }

    [Fact]
    public void A_lease_begins_with_the_first_name_and_keeps_its_number()
    {
        var first = Create("a");
        Assert.True(first.WasEmpty);
        Assert.False(first.IsNone);
        Assert.Equal(first with { WasEmpty = false }, Create("b"));
        Wait(100 * NameLease.DurationMs);
        Assert.Equal(first with { WasEmpty = false }, Create("c"));
    }

    [Fact]
    public void A_directory_that_had_entries_has_none()
    {
        _rig.Node.NameLeaseTime = TimeSpan.Zero;
        Assert.True(Create("a").IsNone);
        _rig.Node.NameLeaseTime = TimeSpan.FromMilliseconds(NameLease.DurationMs);
        Assert.True(Create("b").IsNone);
    }

    [Fact]
    public void While_it_is_in_force_others_add_no_name_and_do_everything_else()
    {
        Create("a");
        _rig.Use(Two);
        Wait(NameLease.DurationMs - 1);
        Assert.Equal(Errno.Busy, _rig.Create(_rig.Root, "b"u8));
        Assert.Equal(Errno.Busy, Rename("a"u8, "b"u8));
        Assert.Equal(Errno.Busy, Link("a"u8, "b"u8));
        Assert.Equal(Errno.EEXIST, _rig.Create(_rig.Root, "a"u8));
        Assert.Equal(Errno.None, _rig.Lookup(_rig.Root, "a"u8));
        Assert.Equal(Errno.None, _rig.Unlink(_rig.Root, "a"u8));
        Wait(1);
        Assert.Equal(Errno.None, _rig.Create(_rig.Root, "b"u8));
    }

    [Fact]
    public void A_session_that_waits_is_not_kept_waiting_by_renewals()
    {
        Create("a");
        _rig.Use(Two);
        Assert.Equal(Errno.Busy, _rig.Create(_rig.Root, "b"u8));
        _rig.Use(One);
        for (var number = 0; number < NameLease.DurationMs; number++)
        {
            Assert.True(Create($"more-{number}").IsNone);
            Wait(1);
        }
        _rig.Use(Two);
        Assert.True(Create("b").IsNone);
    }

    [Fact]
    public void Nobody_who_waits_any_more_lets_it_be_renewed()
    {
        var first = Create("a");
        _rig.Use(Two);
        Assert.Equal(Errno.Busy, _rig.Create(_rig.Root, "b"u8));
        _rig.Use(One);
        Wait(NodeLimits.LeasePauseMs);
        Assert.Equal(first with { WasEmpty = false }, Create("c"));
    }

    [Fact]
    public void A_name_of_another_session_ends_it()
    {
        var first = Create("a");
        Wait(NameLease.DurationMs);
        _rig.Use(Two);
        Assert.True(Create("b").IsNone);
        _rig.Use(One);
        Assert.True(Create("c").IsNone);
        foreach (var name in new[] { "a", "b", "c" })
            Assert.Equal(Errno.None, _rig.Unlink(_rig.Root, System.Text.Encoding.UTF8.GetBytes(name)));
        var later = Create("d");
        Assert.True(later.WasEmpty);
        Assert.NotEqual(first.Id, later.Id);
    }

    /// <summary>Whoever is told that a directory was empty believes to know all its names.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Nobody_is_told_that_a_directory_was_empty_in_which_a_name_is_prepared(bool hadLease)
    {
        if (hadLease)
        {
            Create("a");
            Assert.Equal(Errno.None, _rig.Unlink(_rig.Root, "a"u8));
        }
        var shard = _rig.Node.Shards.Find(default)!;
        using (shard.Enter())
            Assert.True(shard.Locks.TryLockShared(LockKey.Directory(_rig.Root)));
        Assert.False(Create("b").WasEmpty);
        using (shard.Enter())
            shard.Locks.UnlockShared(LockKey.Directory(_rig.Root));
        Assert.Equal(Errno.None, _rig.Unlink(_rig.Root, "b"u8));
        Assert.True(Create("c").WasEmpty);
    }

    [Fact]
    public void What_an_earlier_life_of_the_node_promised_is_kept()
    {
        _rig.Dispose();
        _rig = Start();
        Wait(NameLease.DurationMs - 1);
        Assert.Equal(Errno.Busy, _rig.Create(_rig.Root, "b"u8));
        Wait(1);
        Assert.Equal(Errno.None, _rig.Create(_rig.Root, "b"u8));
    }

    private ShardRig Start()
    {
        var rig = new ShardRig(_directory.In("store"), time: _clock);
        rig.Node.NameLeaseTime = TimeSpan.FromMilliseconds(NameLease.DurationMs);
        return rig;
    }

    private NameLease Create(string name)
    {
        Assert.Equal(Errno.None, _rig.Create(_rig.Root, System.Text.Encoding.UTF8.GetBytes(name)));
        var reader = new WireReader(_rig.Reply);
        Assert.True(EntryReply.TryRead(ref reader, out var reply));
        return reply.Lease;
    }

    private Errno Rename(ReadOnlySpan<byte> from, ReadOnlySpan<byte> to) => _rig.Send(
        Opcode.Rename, new RenameRequest { SourceDirectory = _rig.Root, TargetDirectory = _rig.Root, SourceName = from, TargetName = to }, mutation: true);

    private Errno Link(ReadOnlySpan<byte> from, ReadOnlySpan<byte> to)
    {
        Assert.Equal(Errno.None, _rig.Lookup(_rig.Root, from));
        var reader = new WireReader(_rig.Reply);
        Assert.True(EntryReply.TryRead(ref reader, out var reply));
        return _rig.Send(Opcode.Link, new LinkRequest { Inode = reply.Attributes.Inode, Directory = _rig.Root, Name = to }, mutation: true);
    }

    private void Wait(long milliseconds) => _clock.Ms += milliseconds;

    private sealed class Clock : TimeProvider
    {
        public long Ms { get; set; } = 10_000;

        public override long TimestampFrequency => 1000;

        public override long GetTimestamp() => Ms;
    }
}
