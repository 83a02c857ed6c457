namespace SealFs.StorageNode.Hosting;

/// <summary>Rounds on a thread of the loop's own.</summary>
internal sealed class ThreadWorkLoop : WorkLoop
{
    private readonly Func<TimeSpan> _interval;
    private readonly Action _round;
    private readonly AutoResetEvent _wake = new(false);
    private readonly Thread _thread;
    private volatile bool _stopping;

    public ThreadWorkLoop(string name, Func<TimeSpan> interval, Action round)
    {
        _interval = interval;
        _round = round;
        _thread = new Thread(Run) { IsBackground = true, Name = name };
        _thread.Start();
    }

    public override void Wake() => _wake.Set();

    public override void RunIfNobodyElseDoes()
    {
    }

    public override void Dispose()
    {
        _stopping = true;
        _wake.Set();
        _thread.Join();
        _wake.Dispose();
    }

    private void Run()
    {
        while (true)
        {
            _wake.WaitOne(_interval());
            if (_stopping)
                return;
            _round();
        }
    }
}
