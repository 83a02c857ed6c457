using SealFs.Core;
using SealFs.StorageNode.Chunks;
using Xunit;

namespace SealFs.StorageNode.Tests.Chunks;

/// <summary>A failed sync is remembered until what it lost was written and synced again: the kernel's next answer would be that all is well.</summary>
public sealed class SyncFailureTests : IDisposable
{
    private const int EIO = 5;
    private const int Piece = ChunkLimits.PieceBytes;

    private readonly ChunkRig _rig = new();
    private readonly byte[] _bytes = new byte[64 * Piece];

    public SyncFailureTests() => new Random(1).NextBytes(_bytes);

    public void Dispose() => _rig.Dispose();

    [Fact]
    public void It_is_told_until_the_lost_pieces_were_written_again()
    {
        Write(0, 20);
        FailOnce();
        Assert.Equal(Errno.EIO, Sync());
        Assert.Equal(Errno.EIO, Sync());
        Assert.Equal(1, _rig.Table.LossCount);

        // All but one of them, and one that was never lost.
        Write(0, 19);
        Write(40, 1);
        Assert.Equal(Errno.EIO, Sync());
        Write(19, 1);
        Assert.Equal(Errno.None, Sync());
        Assert.Equal(0, _rig.Table.LossCount);
        Assert.True(_rig.Table.IsSynced(ChunkRig.Key.Inode));
    }

    [Fact]
    public void What_was_synced_before_is_not_lost()
    {
        Write(0, 4);
        Assert.Equal(Errno.None, Sync());
        Write(2, 1);
        FailOnce();
        Assert.Equal(Errno.EIO, Sync());
        Write(2, 1);
        Assert.Equal(Errno.None, Sync());
    }

    [Fact]
    public void A_second_failure_loses_again()
    {
        Write(0, 1);
        FailOnce();
        Assert.Equal(Errno.EIO, Sync());
        Write(0, 1);
        FailOnce();
        Assert.Equal(Errno.EIO, Sync());
        Assert.Equal(Errno.EIO, Sync());
        Write(0, 1);
        Assert.Equal(Errno.None, Sync());
    }

    [Fact]
    public void The_sealers_failure_is_told_to_whoever_syncs_first()
    {
        Write(0, 3);
        FailOnce(() => _rig.Table.Seal(all: true));
        Assert.Equal(Errno.EIO, Sync());
        Assert.Equal(0, _rig.Table.Seal(all: true));
        Assert.Equal(1, _rig.Table.DirtyCount);
        Write(0, 3);
        Assert.Equal(Errno.None, Sync());
        Assert.Equal(1, _rig.Table.Seal(all: true));
    }

    [Fact]
    public void Nothing_is_lost_of_what_was_cut_or_removed()
    {
        Write(0, 32);
        FailOnce();
        Assert.Equal(Errno.EIO, Sync());
        Assert.Equal(Errno.None, _rig.Truncate(16 * Piece));
        Assert.Equal(Errno.EIO, Sync());
        Assert.Equal(Errno.None, _rig.Truncate(0));
        Assert.Equal(Errno.None, Sync());
        Assert.Equal(0, _rig.Table.LossCount);
    }

    [Fact]
    public void A_failed_sync_of_the_whole_disk_is_found_out_file_by_file()
    {
        for (var number = 0; number < 2 * ChunkLimits.SealSingly; number++)
            Assert.Equal(Errno.None, _rig.Write(KeyOf(number), 0, _bytes.AsSpan(0, Piece)));
        var failures = 0;
        _rig.Table.SyncFailed = _ => failures++;

        // It was somebody else's file on the same disk.
        _rig.Device.SyncAllError = EIO;
        Assert.Equal(2 * ChunkLimits.SealSingly, _rig.Table.Seal(all: true));
        Assert.Equal(1, failures);
        Assert.Equal(0, _rig.Table.LossCount);

        for (var number = 0; number < 2 * ChunkLimits.SealSingly; number++)
            Assert.Equal(Errno.None, _rig.Write(KeyOf(number), 0, _bytes.AsSpan(0, Piece)));
        FailOnce(() => Assert.Equal(0, _rig.Table.Seal(all: true)));
        Assert.Equal(2 * ChunkLimits.SealSingly, _rig.Table.LossCount);
        Assert.Equal(Errno.EIO, _rig.Table.SyncVolume(ChunkRig.Key.Volume));
        for (var number = 0; number < 2 * ChunkLimits.SealSingly; number++)
            Assert.Equal(Errno.None, _rig.Write(KeyOf(number), 0, _bytes.AsSpan(0, Piece)));
        _rig.Device.SyncAllError = 0;
        Assert.Equal(Errno.None, _rig.Table.SyncVolume(ChunkRig.Key.Volume));
        Assert.Equal(0, _rig.Table.LossCount);
        Assert.True(_rig.Table.IsSynced(ChunkRig.Key.Inode));
    }

    [Theory]
    [InlineData(3)]
    [InlineData(3 * ChunkLimits.SealSingly)]
    public void A_sync_of_a_volume_leaves_others_alone(int chunks)
    {
        for (var number = 0; number < chunks; number++)
            Assert.Equal(Errno.None, _rig.Write(KeyOf(number), 0, _bytes.AsSpan(0, Piece)));
        var other = ChunkRig.Key with { Volume = new VolumeId(2), Inode = new InodeId(0x300000200000) };
        Assert.Equal(Errno.None, _rig.Write(other, 0, _bytes.AsSpan(0, Piece)));
        Assert.Equal(Errno.None, _rig.Table.SyncVolume(ChunkRig.Key.Volume));
        for (var number = 0; number < chunks; number++)
            Assert.True(_rig.Table.IsSynced(KeyOf(number).Inode));
        Assert.False(_rig.Table.IsSynced(other.Inode));
    }

    private static ChunkKey KeyOf(int number) => ChunkRig.Key with { Inode = new InodeId(ChunkRig.Key.Inode.Value + (ulong)number) };

    private void Write(int piece, int pieces) => Assert.Equal(Errno.None, _rig.Write((uint)(piece * Piece), _bytes.AsSpan(0, pieces * Piece)));

    private Errno Sync() => _rig.Table.Sync(ChunkRig.Key.Inode);

    /// <summary>The disk refuses, and is well afterwards.</summary>
    private void FailOnce(Action? sync = null)
    {
        _rig.Device.SyncError = EIO;
        if (sync is null)
            Assert.Equal(Errno.EIO, Sync());
        else
            sync();
        _rig.Device.SyncError = 0;
    }
}
