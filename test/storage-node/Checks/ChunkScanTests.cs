using SealFs.Core;
using SealFs.Core.Messages;
using SealFs.Core.Wire;
using SealFs.StorageNode.Tests.Files;
using Xunit;

namespace SealFs.StorageNode.Tests.Checks;

/// <summary>What a check with <c>--verify</c> is told of blocks that do not read as they should.</summary>
public sealed class ChunkScanTests : IDisposable
{
    private const int EIO = 5;
    private const int ENOMEM = 12;

    private readonly FileRig _rig = new();
    private readonly byte[] _bytes = new byte[3 * 65_536];
    private readonly InodeId _inode;

    public ChunkScanTests()
    {
        new Random(3).NextBytes(_bytes);
        _inode = _rig.CreateFile();
        Assert.Equal(Errno.None, _rig.Write(_inode, 0, _bytes));
        _rig.Data.Chunks.Seal(all: true);
    }

    public void Dispose() => _rig.Dispose();

    [Fact]
    public void What_reads_well_is_clean()
    {
        var row = Scan();
        Assert.Equal(ScanChunkFlags.None, row.Flags);
        Assert.Equal(0UL, row.Damaged);
        Assert.Equal(0b111UL, row.Blocks);
    }

    [Fact]
    public void What_cannot_be_read_is_damaged()
    {
        _rig.Device.ReadError = EIO;
        var row = Scan();
        Assert.Equal(ScanChunkFlags.None, row.Flags);
        Assert.Equal(0b111UL, row.Damaged);
    }

    [Fact]
    public void What_could_not_be_read_for_want_of_memory_is_not_taken_for_sound()
    {
        _rig.Device.ReadError = ENOMEM;
        var row = Scan();
        Assert.Equal(ScanChunkFlags.NotRead, row.Flags);
        Assert.Equal(0UL, row.Damaged);
    }

    private (ScanChunkFlags Flags, ulong Damaged, ulong Blocks) Scan()
    {
        Assert.Equal(Errno.None, _rig.Send(Opcode.ScanChunks, _inode.Shard, new ScanRequest { Verify = true }));
        var reader = new WireReader(_rig.Source.AnswerPayload);
        Assert.True(ScanRow.TryRead(ref reader, out var row));
        return (row.Flags, row.Damaged, row.Blocks);
    }
}
