using SealFs.Core;
using SealFs.StorageNode.Chunks;
using Xunit;

namespace SealFs.StorageNode.Tests.Chunks;

/// <summary>Bytes that no record knows, at the loading of a chunk.</summary>
public sealed class SetAsideTests : IDisposable
{
    private readonly ChunkRig _rig = new();
    private readonly byte[] _bytes = new byte[200_000];

    public SetAsideTests() => new Random(3).NextBytes(_bytes);

    private string[] Kept => Directory.Exists(Path.Combine(_rig.Directory, "set-aside")) ? Directory.GetFiles(Path.Combine(_rig.Directory, "set-aside")) : [];

    public void Dispose() => _rig.Dispose();

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_file_without_a_record_is_copied_after_a_loss_of_power_and_cut(bool isAfterLoss)
    {
        Assert.Equal(Errno.None, _rig.Write(0, _bytes));
        _rig.Stored.Clear();
        Load(isAfterLoss);
        Assert.Equal(Errno.None, _rig.Store.GetLength(ChunkRig.Key, out var left));
        Assert.Equal(0UL, left);
        if (!isAfterLoss)
        {
            Assert.Empty(Kept);
            return;
        }

        Assert.Equal(_bytes, File.ReadAllBytes(Assert.Single(Kept)));
        Assert.Equal(_bytes.Length, _rig.Table.SetAsideBytes);
    }

    [Fact]
    public void What_is_behind_the_end_of_the_record_is_copied()
    {
        Assert.Equal(Errno.None, _rig.Write(0, _bytes.AsSpan(0, 70_000)));
        _rig.Table.Seal(all: true);
        var record = _rig.Stored[ChunkRig.Key];
        Assert.Equal(Errno.None, _rig.Write(70_000, _bytes.AsSpan(70_000)));
        _rig.Stored[ChunkRig.Key] = record;
        Load(isAfterLoss: true);
        Assert.Equal(_bytes.AsSpan(70_000).ToArray(), File.ReadAllBytes(Assert.Single(Kept)));
        Assert.Equal(_bytes.AsSpan(0, 70_000).ToArray(), _rig.ReadBytes(0, 70_000).Data);
    }

    [Fact]
    public void Room_that_was_laid_out_is_not()
    {
        Assert.Equal(Errno.None, _rig.Write(0, _bytes.AsSpan(0, 70_000)));
        _rig.Table.Seal(all: true);
        using (var file = new FileStream(_rig.PathOf(ChunkRig.Key), FileMode.Open))
            file.SetLength(300_000);
        Load(isAfterLoss: true);
        Assert.Empty(Kept);
    }

    private void Load(bool isAfterLoss)
    {
        _rig.SetsAside = isAfterLoss;
        _rig.Restart();
        var chunk = _rig.Table.Acquire(ChunkRig.Key);
        chunk.Enter();
        Assert.Equal(Errno.None, chunk.EnsureLoaded());
        _rig.Table.ExitAndRelease(chunk);
    }
}
