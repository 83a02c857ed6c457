using SealFs.Core;
using SealFs.Core.Messages;
using SealFs.Core.Wire;
using SealFs.StorageNode.Inodes;
using SealFs.StorageNode.Shards;
using SealFs.StorageNode.Tests.Shards;
using Xunit;

namespace SealFs.StorageNode.Tests.Inodes;

/// <summary>Files that lose their last name while sessions have them open, over restarts of the node, which forgets who has.</summary>
public sealed class OrphanTests : IDisposable
{
    private static readonly SessionId s_one = new(1UL << 40);
    private static readonly SessionId s_other = new(1UL << 41);

    private readonly TemporaryDirectory _directory = new();
    private readonly Clock _clock = new();
    private ShardRig _rig;

    public OrphanTests() => _rig = new ShardRig(_directory.In("store"), time: _clock);

    private Shard Shard => _rig.Node.Shards.Find(default)!;

    [Fact]
    public void A_file_that_nobody_has_open_goes_with_its_last_name()
    {
        var file = Create();
        Unlink();
        Assert.Equal(Errno.ENOENT, _rig.GetAttr(file));
    }

    [Fact]
    public void After_a_restart_it_stays_until_everybody_could_say_what_he_has_open()
    {
        var file = Create();
        Restart();
        Unlink();
        Assert.Equal(Errno.None, _rig.GetAttr(file));
        Wait((long)NodeLimits.ReassertTime.TotalMilliseconds - 1);
        Assert.Equal(Errno.None, _rig.GetAttr(file));
        Wait(1);
        Assert.Equal(Errno.ENOENT, _rig.GetAttr(file));
    }

    [Fact]
    public void Who_says_so_in_time_has_it_until_he_closes_it()
    {
        var file = Create();
        Restart();
        Unlink();
        Open(file, s_one);
        Wait((long)NodeLimits.ReassertTime.TotalMilliseconds);
        Assert.Equal(Errno.None, _rig.GetAttr(file));
        Close(file, s_one);
        Assert.Equal(Errno.ENOENT, _rig.GetAttr(file));
    }

    [Fact]
    public void What_was_kept_for_those_who_may_come_is_kept_again_after_another_restart_and_then_goes()
    {
        var file = Create();
        Restart();
        Unlink();
        Restart();
        Assert.Equal(Errno.None, _rig.GetAttr(file));
        Wait((long)NodeLimits.ReassertTime.TotalMilliseconds);
        Assert.Equal(Errno.ENOENT, _rig.GetAttr(file));
    }

    [Fact]
    public void Who_has_closed_it_does_not_come_back_with_its_row()
    {
        var file = Create();
        Open(file, s_one);
        Open(file, s_other);
        Unlink();
        Close(file, s_one);
        Restart();
        Assert.Equal([s_other], Shard.Opens.Sessions(file));
    }

    public void Dispose()
    {
        _rig.Dispose();
        _directory.Dispose();
    }

    private InodeId Create()
    {
        Assert.Equal(Errno.None, _rig.Create(_rig.Root, "file"u8));
        var reader = new WireReader(_rig.Reply);
        Assert.True(EntryReply.TryRead(ref reader, out var file));
        return file.Attributes.Inode;
    }

    private void Unlink() => Assert.Equal(Errno.None, _rig.Unlink(_rig.Root, "file"u8));

    private void Open(InodeId file, SessionId session)
    {
        using (Shard.Enter())
            Assert.True(Shard.Opens.TryAdd(file, session, 1));
    }

    private void Close(InodeId file, SessionId session) => Assert.True(CloseOperation.TryClose(_rig.Node, new OpenReference(file, 1), session));

    private void Restart()
    {
        _rig.Dispose();
        _rig = new ShardRig(_directory.In("store"), time: _clock);
    }

    /// <summary>And do what a node does then.</summary>
    private void Wait(long ms)
    {
        _clock.Ms += ms;
        Shard.ReleaseUnheard();
    }

    private sealed class Clock : TimeProvider
    {
        public long Ms { get; set; } = 10_000;

        public override long TimestampFrequency => 1000;

        public override long GetTimestamp() => Ms;
    }
}
