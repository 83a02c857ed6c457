using SealFs.Core;
using SealFs.Core.Messages;
using SealFs.Core.Wire;
using SealFs.StorageNode.Appends;
using SealFs.StorageNode.Inodes;
using SealFs.StorageNode.Sessions;
using SealFs.StorageNode.Tests.Files;
using Xunit;

namespace SealFs.StorageNode.Tests.Appends;

/// <summary>Where appends go: behind the file and behind what others were given, and at the same place when it is asked again.</summary>
public sealed class PlaceAppendTests : IDisposable
{
    private readonly FileRig _rig = new();
    private readonly Session _first = FileRig.SessionOf(77);
    private readonly Session _second = FileRig.SessionOf(78);
    private readonly InodeId _inode;

    public PlaceAppendTests() => _inode = _rig.CreateFile();

    public void Dispose() => _rig.Dispose();

    [Fact]
    public void Sessions_are_placed_one_behind_the_other_and_the_size_stays()
    {
        Assert.Equal(0u, Place(_first, 1, 100));
        Assert.Equal(100u, Place(_second, 1, 50));
        Assert.Equal(150u, Place(_first, 2, 10));
        Assert.Equal(0u, _rig.Row(_inode).Attributes.SizeBytes);
    }

    [Fact]
    public void Asked_again_it_is_the_same_place_also_after_the_node_was_killed()
    {
        Assert.Equal(0u, Place(_first, 1, 100));
        Assert.Equal(100u, Place(_second, 7, 50));
        Assert.Equal(0u, Place(_first, 1, 100));
        _rig.Restart(orderly: false);
        Assert.Equal(0u, Place(_first, 1, 100));
        Assert.Equal(100u, Place(_second, 7, 50));
        Assert.Equal(150u, Place(_second, 8, 50));
    }

    [Fact]
    public void An_earlier_run_that_comes_late_is_refused()
    {
        Place(_first, 5, 100);
        _rig.Session = _first;
        Assert.Equal(Errno.EINVAL, _rig.Send(Opcode.PlaceAppend, _inode.Shard, new PlaceAppendRequest(_inode, 4, 100, 0)));
    }

    [Fact]
    public void It_goes_behind_what_the_client_has_written_and_not_committed()
    {
        Assert.Equal(5000u, Place(_first, 1, 10, atLeast: 5000));
        Assert.Equal(5010u, Place(_second, 1, 10));
    }

    [Fact]
    public void Inline_content_that_grows_into_a_chunk_keeps_every_append()
    {
        var expected = new List<byte>();
        for (var run = 1u; run <= 40; run++)
        {
            var session = run % 2 == 0 ? _first : _second;
            var data = new byte[700 + run];
            Array.Fill(data, (byte)run);
            var offset = Place(session, run, (uint)data.Length);
            Assert.Equal((ulong)expected.Count, offset);
            Assert.Equal(Errno.None, _rig.Write(_inode, offset, data));
            expected.AddRange(data);
        }
        Assert.Equal(expected, _rig.Read(_inode, 0, expected.Count + 1).Data);
        Assert.Equal(0u, _rig.Row(_inode).AppendsEndBytes);
    }

    [Fact]
    public void Room_of_a_session_that_is_over_is_given_to_others()
    {
        Place(_first, 1, 100);
        Assert.Equal(100u, Place(_second, 1, 50));
        _rig.Node.Sessions.End(_second.Id);
        Assert.Equal(100u, Place(_first, 2, 10));
    }

    [Fact]
    public void Room_between_that_nobody_fills_is_a_hole()
    {
        Place(_first, 1, 100);
        var offset = Place(_second, 1, 4);
        Assert.Equal(Errno.None, _rig.Write(_inode, offset, "data"u8));
        _rig.Node.Sessions.End(_first.Id);
        Assert.Equal([.. new byte[100], .. "data"u8], _rig.Read(_inode, 0, 200).Data);
        Assert.Equal(104u, Place(_second, 2, 4));
    }

    [Fact]
    public void A_truncation_ends_what_was_given_behind_it()
    {
        _rig.Write(_inode, 0, new byte[300]);
        Assert.Equal(300u, Place(_first, 1, 100));
        Assert.Equal(Errno.None, _rig.SetSize(_inode, 20));
        Assert.Equal(20u, Place(_second, 1, 100));
    }

    [Theory]
    [InlineData(700)]
    [InlineData(9000)]
    public void Bytes_that_bring_their_place_along_stand_at_the_end_or_nowhere(int length)
    {
        var expected = new List<byte>();
        for (var run = 1u; run <= 20; run++)
        {
            var session = run % 2 == 0 ? _first : _second;
            var data = new byte[length + run];
            Array.Fill(data, (byte)run);
            Assert.False(Append(session, run, (uint)expected.Count + 1, data));
            Assert.True(Append(session, run, (uint)expected.Count, data));
            Assert.True(Append(session, run, (uint)expected.Count, data));
            if (run == 10)
                _rig.Restart(orderly: false);
            Assert.True(Append(session, run, (uint)expected.Count, data));
            expected.AddRange(data);
            Assert.Equal((ulong)expected.Count, _rig.Row(_inode).Attributes.SizeBytes);
        }
        Assert.Equal(expected, _rig.Read(_inode, 0, expected.Count + 1).Data);
    }

    [Fact]
    public void Room_that_another_session_was_given_is_left_to_it()
    {
        Assert.Equal(0u, Place(_first, 1, 100));
        Assert.False(Append(_second, 1, 0, new byte[10]));
        Assert.True(Append(_second, 2, 100, new byte[10]));
        Assert.Equal(Errno.None, _rig.Write(_inode, 0, new byte[100]));
        Assert.True(Append(_first, 2, 110, new byte[10]));
    }

    [Fact]
    public void An_append_without_a_size_or_without_bytes_is_refused()
    {
        _rig.Session = _first;
        Assert.Equal(Errno.EINVAL, _rig.Send(Opcode.Write, _inode.Shard, new WriteRequest(_inode, default, 0, WriteFlags.Append, 10, 1, 1), new byte[10]));
        Assert.Equal(Errno.EINVAL, _rig.Send(Opcode.Write, _inode.Shard, new WriteRequest(_inode, default, 0, WriteFlags.Append | WriteFlags.Commit, 10, 1, 1)));
        Assert.Equal(0u, _rig.Row(_inode).Attributes.SizeBytes);
    }

    [Fact]
    public void The_rows_go_with_the_inode()
    {
        Place(_first, 1, 100);
        Place(_second, 1, 100);
        var shard = _rig.Node.Shards.Find(_inode.Shard)!;
        using (shard.Enter())
        {
            var mutation = shard.Begin(FileRig.Volume);
            Assert.True(mutation.TryGetInode(_inode, out var row));
            Assert.Equal(2, AppendRow.List(mutation, _inode).Count);
            InodeLinks.Delete(mutation, in row);
            mutation.Commit();
            Assert.Empty(AppendRow.List(shard.Begin(FileRig.Volume), _inode));
        }
    }

    private bool Append(Session session, ulong run, uint offset, byte[] data)
    {
        _rig.Session = session;
        var write = new WriteRequest(_inode, default, offset, WriteFlags.Append | WriteFlags.Commit, offset + (uint)data.Length, 1, run);
        Assert.Equal(Errno.None, _rig.Send(Opcode.Write, _inode.Shard, write, data));
        return !_rig.Answer<WriteReply>().IsElsewhere;
    }

    private ulong Place(Session session, ulong run, uint length, ulong atLeast = 0)
    {
        _rig.Session = session;
        Assert.Equal(Errno.None, _rig.Send(Opcode.PlaceAppend, _inode.Shard, new PlaceAppendRequest(_inode, run, length, atLeast)));
        return _rig.Answer<PlaceAppendReply>().OffsetBytes;
    }
}
