using SealFs.Core;
using SealFs.StorageNode.Chunks;
using SealFs.StorageNode.Quota;
using Xunit;

namespace SealFs.StorageNode.Tests.Quota;

public sealed class DiskReserveTests
{
    private const ulong Total = 100UL << 30;
    private const ulong Reserve = 64UL << 20;
    private ulong _free = Reserve + 1000;
    private Errno _error;
    private int _asked;

    [Fact]
    public void The_last_bytes_stay_free_and_writing_goes_on_when_there_is_room()
    {
        var clock = new Clock();
        var reserve = new DiskReserve(Ask, clock);
        Assert.True(reserve.TryTake(600));
        Assert.False(reserve.TryTake(600), "what was taken since the disk was asked counts");
        Assert.Equal(1, _asked);
        _free = Reserve + 5000;
        clock.Ms += 30;
        Assert.True(reserve.TryTake(600));
        _free = 0;
        clock.Ms += 1000;
        Assert.False(reserve.TryTake(1));
        _error = Errno.EIO;
        clock.Ms += 1000;
        Assert.True(reserve.TryTake(1), "a disk that cannot be asked is not taken for full");
    }

    private Errno Ask(out StoreSpace space)
    {
        _asked++;
        space = new StoreSpace(Total, _free);
        return _error;
    }

    private sealed class Clock : TimeProvider
    {
        public long Ms { get; set; } = 10_000;

        public override long TimestampFrequency => 1000;

        public override long GetTimestamp() => Ms;
    }
}
