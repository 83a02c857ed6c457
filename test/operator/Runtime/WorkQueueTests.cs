using SealFs.Operator.Runtime;
using SealFs.Testing;

namespace SealFs.Operator.Tests.Runtime;

public sealed class WorkQueueTests : IDisposable
{
    private readonly ManualClock _clock = new();
    private readonly WorkQueue<string> _queue;

    public WorkQueueTests() => _queue = new WorkQueue<string>(_clock, new BackOff(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(8), new Random(1)));

    public void Dispose() => _queue.Dispose();

    [Fact]
    public async Task A_key_that_is_added_twice_is_taken_once()
    {
        _queue.Add("a");
        _queue.Add("a");
        Assert.Equal("a", await _queue.TakeAsync(default));
        Assert.Equal(0, _queue.Count);
    }

    [Fact]
    public async Task A_key_that_is_worked_on_comes_back_only_when_it_is_done()
    {
        _queue.Add("a");
        var key = await _queue.TakeAsync(default);
        _queue.Add("a");
        _queue.Add("a");
        Assert.Equal(0, _queue.Count);
        _queue.Done(key);
        Assert.Equal(1, _queue.Count);
        _queue.Done(await _queue.TakeAsync(default));
        Assert.Equal(0, _queue.Count);
    }

    [Fact]
    public void Of_several_delays_the_earliest_counts()
    {
        _queue.AddAfter("a", TimeSpan.FromSeconds(10));
        _queue.AddAfter("a", TimeSpan.FromSeconds(2));
        _queue.AddAfter("a", TimeSpan.FromSeconds(5));
        _clock.Advance(TimeSpan.FromSeconds(1.9));
        Assert.Equal(0, _queue.Count);
        _clock.Advance(TimeSpan.FromSeconds(0.2));
        Assert.Equal(1, _queue.Count);
        _clock.Advance(TimeSpan.FromSeconds(20));
        Assert.Equal(1, _queue.Count);
    }

    [Fact]
    public async Task Failures_of_a_key_wait_longer_each_time_until_it_succeeds()
    {
        var waits = new List<double>();
        for (var i = 0; i < 6; i++)
            waits.Add(await WaitOfFailure());
        Assert.All(waits.Zip([1d, 2, 4, 8, 8, 8]), pair => Assert.InRange(pair.First, pair.Second / 2, pair.Second + 0.1));
        _queue.Succeeded("a");
        Assert.InRange(await WaitOfFailure(), 0.5, 1.1);
    }

    private async Task<double> WaitOfFailure()
    {
        _queue.AddAfterFailure("a");
        var waited = 0d;
        while (_queue.Count == 0)
        {
            _clock.Advance(TimeSpan.FromSeconds(0.1));
            waited += 0.1;
        }
        _queue.Done(await _queue.TakeAsync(default));
        return waited;
    }
}
