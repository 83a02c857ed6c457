using SealFs.StorageNode.Replication;
using Xunit;

namespace SealFs.StorageNode.Tests.Replication;

public sealed class CopyThrottleTests
{
    private readonly Clock _clock = new();

    [Fact]
    public void Over_any_second_no_more_is_copied_than_was_allowed_and_what_was_saved_up()
    {
        var throttle = new CopyThrottle(_clock) { BytesPerSecond = 1_000_000 };
        long copied = 0;
        for (var ms = 0; ms < 10_000; ms++, _clock.Ms++)
        {
            while (throttle.Wait() == TimeSpan.Zero)
            {
                throttle.Spend(64_000);
                copied += 64_000;
            }
        }

        Assert.InRange(copied, 9_900_000, 10_000_000 + 250_000 + 64_000);
    }

    [Fact]
    public void Whoever_waits_as_long_as_it_says_may_go_on()
    {
        var throttle = new CopyThrottle(_clock) { BytesPerSecond = 1_000_000 };
        throttle.Spend(1_500_000);
        var wait = throttle.Wait();
        Assert.InRange(wait.TotalMilliseconds, 1_200, 1_500);
        _clock.Ms += (long)wait.TotalMilliseconds + 1;
        Assert.Equal(TimeSpan.Zero, throttle.Wait());
    }

    [Fact]
    public void Without_a_rate_nobody_waits_and_nothing_is_owed_when_one_is_set()
    {
        var throttle = new CopyThrottle(_clock);
        throttle.Spend(long.MaxValue / 2);
        Assert.Equal(TimeSpan.Zero, throttle.Wait());
        throttle.BytesPerSecond = 1_000;
        Assert.Equal(TimeSpan.Zero, throttle.Wait());
    }

    private sealed class Clock : TimeProvider
    {
        public long Ms { get; set; }

        public override long TimestampFrequency => 1000;

        public override long GetTimestamp() => Ms;
    }
}
