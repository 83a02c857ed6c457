using System.Net;
using System.Security.Authentication;
using SealFs.Core.Security;

namespace SealFs.Core.Rpc;

/// <summary>
/// Accepts connections and executes their requests on a few event loop threads, see <see cref="EventLoop"/>. The handler decides what a request means.
/// </summary>
public sealed class RpcServer : IAsyncDisposable
{
    private static readonly TimeSpan s_drainPoll = TimeSpan.FromMilliseconds(2);

    private readonly RpcServerOptions _options;
    private readonly Lock _gate = new();
    private readonly HashSet<ServerLink> _links = [];
    private readonly List<EventLoop> _loops = [];
    private readonly List<EndPoint> _addresses = [];
    private uint _next;
    private int _handshakes;
    private bool _started;
    private bool _stopped;

    public RpcServer(RpcServerOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        _options = options;
        Memory = new MemoryBudget(Math.Max(options.MemoryBytes, 16L * RpcLimits.FrameBytes));
        foreach (var address in options.Listen)
        {
            if (!options.Insecure && options.Credentials is null && !IPAddress.IsLoopback(address.Address))
                throw new ArgumentException($"{address} is not a loopback address: this needs Credentials or Insecure", nameof(options));
        }
    }

    /// <summary>Where it listens, with the ports that were assigned; TCP in the order of the options, then the Unix socket.</summary>
    public IReadOnlyList<EndPoint> Addresses => _addresses;

    public int ConnectionCount
    {
        get
        {
            lock (_gate)
                return _links.Count;
        }
    }

    internal MemoryBudget Memory { get; }

    /// <summary>Binds and starts the loops. Throws IOException when an address cannot be had.</summary>
    public void Start()
    {
        if (_started)
            throw new InvalidOperationException("a server starts once");
        _started = true;
        var listeners = new List<RpcListener>();
        try
        {
            foreach (var address in _options.Listen)
                listeners.Add(RpcListener.Tcp(address));
            if (_options.UnixPath is { } path)
                listeners.Add(RpcListener.Unix(path));
        }
        catch
        {
            listeners.ForEach(listener => listener.Dispose());
            throw;
        }

        _addresses.AddRange(listeners.Select(listener => listener.Address));
        for (var index = 0; index < Math.Max(1, _options.LoopThreads); index++)
            _loops.Add(new EventLoop(this, _options, index));
        foreach (var listener in listeners)
            _loops[0].Add(listener);
        RpcServerGauges.Add(this);
        foreach (var loop in _loops)
            loop.Start();
        foreach (var address in _addresses)
            _options.Logger.Listening(address);
    }

    /// <summary>
    /// Accepts nothing more, lets the requests that were taken be answered for at most the time given, then closes everything. What was
    /// on its way stays unanswered: its senders see Disconnected and repeat it elsewhere.
    /// </summary>
    public async Task StopAsync(TimeSpan drainTime)
    {
        lock (_gate)
        {
            if (_stopped || !_started)
                return;
            _stopped = true;
        }

        foreach (var loop in _loops)
            loop.BeginDrain();
        var startedAt = _options.Time.GetTimestamp();
        while (!IsIdle() && _options.Time.GetElapsedTime(startedAt) < drainTime)
            await Task.Delay(s_drainPoll);

        foreach (var loop in _loops)
            loop.Stop();
        foreach (var loop in _loops)
            loop.Dispose();
        RpcServerGauges.Remove(this);
    }

    public async ValueTask DisposeAsync() => await StopAsync(TimeSpan.Zero);

    /// <summary>Hands a new connection to one of the loops, in turn.</summary>
    internal void Distribute(int descriptor, EndPoint peer)
    {
        if (ConnectionCount + Volatile.Read(ref _handshakes) >= _options.Connections)
        {
            _options.Logger.TooManyConnections(peer);
            _ = Libc.close(descriptor);
            return;
        }

        if (_options.Credentials is { } credentials && peer is IPEndPoint)
            _ = SecureAsync(descriptor, peer, credentials);
        else
            Adopt(descriptor, peer, null);
    }

    private void Adopt(int descriptor, EndPoint peer, CertificateIdentity? certificate)
    {
        var loop = _loops[(int)(Interlocked.Increment(ref _next) % (uint)_loops.Count)];
        loop.Adopt(descriptor, peer, certificate);
    }

    private async Task SecureAsync(int descriptor, EndPoint peer, ICredentialSource credentials)
    {
        Interlocked.Increment(ref _handshakes);
        var network = TlsRelay.StreamOf(descriptor);
        try
        {
            using var limit = new CancellationTokenSource(_options.HelloTime);
            var (secured, identity) = await TlsHandshake.AcceptAsync(network, credentials.Current!, _options.Time.GetUtcNow(), limit.Token).ConfigureAwait(false);
            Adopt(TlsRelay.Start(secured), peer, identity);
        }
        catch (Exception exception) when (exception is CredentialException or AuthenticationException or IOException or OperationCanceledException)
        {
            await network.DisposeAsync().ConfigureAwait(false);
            _options.Logger.HandshakeFailed(peer, exception is OperationCanceledException ? "not done in time" : exception.Message);
        }
        finally
        {
            Interlocked.Decrement(ref _handshakes);
        }
    }

    internal void Remember(ServerLink link)
    {
        lock (_gate)
            _links.Add(link);
    }

    internal void Forget(ServerLink link)
    {
        lock (_gate)
            _links.Remove(link);
    }

    /// <summary>Sums a figure over all connections, for metrics.</summary>
    internal long Sum(Func<ServerLink, long> read)
    {
        lock (_gate)
            return _links.Sum(read);
    }

    private bool IsIdle()
    {
        lock (_gate)
            return _links.All(link => link.IsIdle);
    }
}
