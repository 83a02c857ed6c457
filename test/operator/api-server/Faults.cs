namespace SealFs.Testing.Kubernetes;

/// <summary>What is done to a request instead of answering it properly.</summary>
public sealed record Fault
{
    /// <summary>Answers with this error; nothing was done.</summary>
    public ApiErrorException? Error { get; init; }

    /// <summary>Breaks the connection; nothing was done.</summary>
    public bool Break { get; init; }

    /// <summary>Does what was asked for, and breaks the connection instead of answering.</summary>
    public bool BreakAfterwards { get; init; }

    public static Fault Conflict { get; } = new() { Error = new ApiErrorException(409, "Conflict", "injected: the object has been modified") };

    public static Fault Unavailable { get; } = new() { Error = new ApiErrorException(503, "ServiceUnavailable", "injected: the server is not able to serve") };

    public static Fault Gone { get; } = new() { Error = ApiErrorException.Expired("injected: too old resource version") };
}

/// <summary>Faults that tests inject.</summary>
public sealed class Faults : IDisposable
{
    private readonly Lock _gate = new();
    private readonly List<Func<ApiRequest, Fault?>> _rules = [];
    private CancellationTokenSource _watches = new();
    private volatile bool _outage;
    private volatile bool _silent;

    /// <summary>Cuts every watch that is open, and refuses connections until it is switched off.</summary>
    public bool Outage
    {
        get => _outage;
        set
        {
            _outage = value;
            if (value)
                CutWatches();
        }
    }

    /// <summary>Watches that are open deliver nothing any more, and do not end either: what a router that forgets connections does.</summary>
    public bool WatchesAreSilent
    {
        get => _silent;
        set => _silent = value;
    }

    /// <summary>Is asked before every request; the first rule with an answer decides.</summary>
    public IDisposable Add(Func<ApiRequest, Fault?> rule)
    {
        lock (_gate)
            _rules.Add(rule);
        return new Removal(this, rule);
    }

    /// <summary>The next <paramref name="count"/> requests that match fail.</summary>
    public IDisposable Next(int count, Fault fault, Func<ApiRequest, bool> matches)
    {
        var left = count;
        return Add(request => matches(request) && Interlocked.Decrement(ref left) >= 0 ? fault : null);
    }

    public void CutWatches()
    {
        lock (_gate)
        {
            var old = _watches;
            _watches = new CancellationTokenSource();
            old.Cancel();
            old.Dispose();
        }
    }

    public void Dispose() => _watches.Dispose();

    internal CancellationToken WatchesCut
    {
        get
        {
            lock (_gate)
                return _watches.Token;
        }
    }

    internal Fault? For(ApiRequest request)
    {
        lock (_gate)
            return _outage ? new Fault { Break = true } : _rules.Select(rule => rule(request)).FirstOrDefault(fault => fault is not null);
    }

    private sealed class Removal(Faults faults, Func<ApiRequest, Fault?> rule) : IDisposable
    {
        public void Dispose()
        {
            lock (faults._gate)
                faults._rules.Remove(rule);
        }
    }
}
