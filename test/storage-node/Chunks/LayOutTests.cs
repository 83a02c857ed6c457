using SealFs.Core;
using SealFs.StorageNode.Chunks;
using Xunit;

namespace SealFs.StorageNode.Tests.Chunks;

/// <summary>Room behind the data of chunks that grow by small synced appends.</summary>
public sealed class LayOutTests : IDisposable
{
    private const uint Append = 4096;
    private const uint ChunkBytes = ChunkLimits.MaxChunkBytes;
    private const uint Start = 3 * ChunkLimits.BlockBytes;

    private readonly ManualTime _time = new();
    private readonly ChunkRig _rig;
    private readonly List<byte> _content = [];

    public LayOutTests() => _rig = new ChunkRig(time: _time);

    public void Dispose() => _rig.Dispose();

    private long FileBytes => new FileInfo(_rig.PathOf(ChunkRig.Key)).Length;

    [Fact]
    public void A_log_finds_the_blocks_of_its_next_appends_there()
    {
        AppendAndSync(ChunkLimits.AppendsBeforeLayOut);
        Assert.Equal(_content.Count, FileBytes);
        AppendAndSync(1);
        var laidOut = FileBytes;
        Assert.InRange(laidOut - _content.Count, ChunkLimits.FirstLayOutBytes, ChunkLimits.FirstLayOutBytes + ChunkLimits.BlockBytes);
        AppendAndSync(16);
        Assert.Equal(laidOut, FileBytes);
        AssertContent();
    }

    [Fact]
    public void The_room_doubles_up_to_its_bound_and_ends_with_the_chunk()
    {
        AppendAndSync(ChunkLimits.AppendsBeforeLayOut + 1);
        var most = 0L;
        while (_content.Count + Append <= ChunkBytes)
        {
            AppendAndSync(1);
            most = Math.Max(most, FileBytes - _content.Count);
        }

        Assert.InRange(most, ChunkLimits.LastLayOutBytes - Append, ChunkLimits.LastLayOutBytes + ChunkLimits.BlockBytes);
        Assert.Equal(ChunkBytes, FileBytes);
        AssertContent();
    }

    [Fact]
    public void Files_that_are_written_in_large_pieces_or_synced_once_get_none()
    {
        for (var i = 0; i < 10; i++)
        {
            Write(new byte[ChunkLimits.AppendBytes + 1]);
            Sync();
        }

        for (var i = 0; i < 10; i++)
            Write(new byte[Append]);
        Sync();
        Assert.Equal(_content.Count, FileBytes);
        Assert.Equal(0, _rig.Table.LaidOutBytes);
    }

    [Fact]
    public void The_sealer_gives_back_what_nobody_has_used_for_a_while()
    {
        AppendAndSync(ChunkLimits.AppendsBeforeLayOut + 1);
        _time.Advance(ChunkLimits.SealQuietMs - 1);
        _rig.Table.Seal(all: false);
        Assert.True(FileBytes > _content.Count);
        _time.Advance(1);
        _rig.Table.Seal(all: false);
        Assert.Equal(_content.Count, FileBytes);
        Assert.Equal(0, _rig.Table.LaidOutBytes);
        Assert.Equal(0, _rig.Table.DirtyCount);

        // It has to be earned anew.
        AppendAndSync(1);
        Assert.Equal(_content.Count, FileBytes);
        AssertContent();
    }

    [Fact]
    public void An_orderly_stop_leaves_none()
    {
        AppendAndSync(ChunkLimits.AppendsBeforeLayOut + 1);
        Assert.True(FileBytes > _content.Count);
        _rig.Table.Seal(all: true);
        Assert.Equal(_content.Count, FileBytes);
    }

    [Fact]
    public void A_log_in_use_keeps_its_room_when_its_blocks_become_clean_and_loses_it_later()
    {
        AppendAndSync(ChunkLimits.AppendsBeforeLayOut + 1);
        _time.Advance(ChunkLimits.SealAgeMs - 10);
        AppendAndSync(1);
        _time.Advance(10);
        _rig.Table.Seal(all: false);
        Assert.Equal(0UL, RecordOf().Dirty);
        Assert.True(FileBytes > _content.Count);
        _time.Advance(ChunkLimits.SealQuietMs);
        _rig.Table.Seal(all: false);
        Assert.Equal(_content.Count, FileBytes);
        Assert.Equal(0, _rig.Table.DirtyCount);
        _rig.Restart();
        AssertContent();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void After_a_kill_the_room_is_cut_and_counts_for_nothing(bool clean)
    {
        AppendAndSync(ChunkLimits.AppendsBeforeLayOut + 2);
        if (clean)
        {
            _time.Advance(ChunkLimits.SealAgeMs);
            Write(Bytes(Append));
            _time.Advance(1);
            _rig.Table.Seal(all: false);
            Assert.Equal(0UL, RecordOf().Dirty);
        }

        Assert.True(FileBytes > _content.Count);
        _rig.Restart();
        AssertContent();
        Assert.Equal(_content.Count, FileBytes);
        AppendAndSync(1);
        Assert.Equal(_content.Count, _rig.Usage);
        AssertContent();
    }

    [Fact]
    public void After_a_kill_a_file_whose_room_began_in_the_middle_of_a_piece_is_what_it_was()
    {
        Write(Bytes(Start));
        for (var i = 0; i < 12; i++)
        {
            Write(Bytes(201));
            Sync();
        }

        Assert.True(FileBytes > _content.Count);
        _rig.Restart();
        AssertContent();
        Assert.InRange(FileBytes, _content.Count, _content.Count + ChunkLimits.PieceBytes);
        Write(Bytes(10_000));
        _rig.Table.Seal(all: true);
        _rig.Restart();
        AssertContent();
    }

    [Fact]
    public void A_full_disk_gives_the_append_its_room_and_no_more()
    {
        AppendAndSync(ChunkLimits.AppendsBeforeLayOut);
        _rig.Device.WritableBytes = Append + 10_000;
        AppendAndSync(1);
        Assert.Equal(_content.Count, FileBytes);
        Assert.Equal(0, _rig.Table.LaidOutBytes);
        _rig.Device.WritableBytes = long.MaxValue;
        AppendAndSync(ChunkLimits.AppendsBeforeLayOut + 1);
        Assert.True(FileBytes > _content.Count);
        AssertContent();
    }

    [Fact]
    public void Room_that_a_write_leaves_out_is_given_back_before_it()
    {
        AppendAndSync(ChunkLimits.AppendsBeforeLayOut + 1);
        var hole = (uint)(_content.Count + (20 * ChunkLimits.BlockBytes));
        Assert.Equal(Errno.None, _rig.Write(hole, Bytes(100)));
        Assert.Equal(0, _rig.Table.LaidOutBytes);
        Assert.Equal(hole + 100, FileBytes);
        var (_, between) = _rig.ReadBytes((uint)_content.Count, 2 * ChunkLimits.BlockBytes);
        Assert.DoesNotContain(between, static value => value != 0);
    }

    [Fact]
    public void A_cut_takes_the_room_along()
    {
        AppendAndSync(ChunkLimits.AppendsBeforeLayOut + 1);
        Assert.Equal(Errno.None, _rig.Truncate(Start + 100));
        _content.RemoveRange((int)Start + 100, _content.Count - (int)Start - 100);
        Assert.Equal(_content.Count, FileBytes);
        Assert.Equal(0, _rig.Table.LaidOutBytes);
        AppendAndSync(ChunkLimits.AppendsBeforeLayOut + 1);
        Assert.True(FileBytes > _content.Count);
        AssertContent();
    }

    [Fact]
    public void A_chunk_that_is_not_served_here_any_more_is_left_alone()
    {
        AppendAndSync(ChunkLimits.AppendsBeforeLayOut);
        Write(Bytes(Append));
        _rig.IsGone = true;
        Sync();
        Assert.Equal(_content.Count, FileBytes);
    }

    private static byte[] Bytes(uint count)
    {
        var bytes = new byte[count];
        bytes.AsSpan().Fill(0xA5);
        return bytes;
    }

    private void AppendAndSync(int times)
    {
        if (_content.Count == 0)
        {
            Write(Bytes(Start));
            Sync();
        }

        for (var i = 0; i < times; i++)
        {
            Write(Bytes(Append));
            Sync();
        }
    }

    private void Write(byte[] data)
    {
        Assert.Equal(Errno.None, _rig.Write((uint)_content.Count, data));
        _content.AddRange(data);
    }

    private void Sync() => Assert.Equal(Errno.None, _rig.Table.Sync(ChunkRig.Key.Inode, ChunkBytes));

    private void AssertContent()
    {
        var (error, data) = _rig.ReadBytes(0, (uint)_content.Count);
        Assert.Equal(Errno.None, error);
        Assert.True(_content.ToArray().AsSpan().SequenceEqual(data));
    }

    private (uint End, ulong Dirty) RecordOf()
    {
        Assert.True(ChunkRecord.TryRead(_rig.Stored[ChunkRig.Key], out var record));
        return (record.EndBytes, record.Dirty);
    }

    private sealed class ManualTime : TimeProvider
    {
        private long _nowMs = 1_000_000;

        public override long TimestampFrequency => 1000;

        public override long GetTimestamp() => _nowMs;

        public void Advance(long milliseconds) => _nowMs += milliseconds;
    }
}
