using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using SealFs.Core.Security;

namespace SealFs.Core.Rpc;

/// <summary>
/// One thread of a server: waits for its connections with level-triggered epoll (a short read then needs no second recv to be sure), executes
/// requests in place, and sends what they answered. Closing a connection happens here and nowhere else.
/// </summary>
internal sealed class EventLoop : IDisposable
{
    private const ulong ListenerBit = 1ul << 62;
    private const ulong LaneToken = ListenerBit - 1;
    private const int SweepMs = 500;

    [ThreadStatic]
    private static EventLoop? t_current;

    private readonly RpcServer _server;
    private readonly RpcServerOptions _options;
    private readonly Epoll _epoll = new();
    private readonly RpcReceiverGroup? _lane;
    private readonly Thread _thread;
    private readonly ConcurrentQueue<ServerLink> _posted = new();
    private readonly ConcurrentQueue<ServerLink> _accepted = new();
    private readonly List<ServerLink> _gathered = [];
    private readonly List<RpcListener> _listeners = [];
    private readonly Dictionary<ulong, ServerLink> _links = [];
    private LookAgain _lookAgain;
    private ulong _lastToken;
    private long _lastSweepMs;
    private bool _listenersPaused;
    private volatile bool _draining;
    private volatile bool _stopping;

    public EventLoop(RpcServer server, RpcServerOptions options, int index)
    {
        _server = server;
        _options = options;
        _lane = index < options.Lanes.Count ? options.Lanes[index] : null;
        _thread = new Thread(Run) { IsBackground = true, Name = $"rpc-loop-{index}" };
    }

    /// <summary>The loop whose thread this is.</summary>
    public static EventLoop? Current => t_current;

    /// <summary>Environment.TickCount64 at the start of this round.</summary>
    public long NowMs { get; private set; }

    public void Start() => _thread.Start();

    /// <summary>Before Start.</summary>
    public void Add(RpcListener listener)
    {
        _listeners.Add(listener);
        _epoll.Control(Libc.EPOLL_CTL_ADD, listener.Descriptor, Libc.EPOLLIN, ListenerBit | (uint)(_listeners.Count - 1));
    }

    /// <summary>Any thread: a connection for this loop.</summary>
    public void Adopt(int descriptor, EndPoint peer, CertificateIdentity? certificate)
    {
        var link = new ServerLink(this, _server, _options, descriptor, peer, certificate);
        _server.Remember(link);
        _accepted.Enqueue(link);
        _epoll.Wake();
    }

    /// <summary>Any thread: the link wants <see cref="ServerLink.OnAttention"/>.</summary>
    public void Post(ServerLink link)
    {
        _posted.Enqueue(link);
        if (t_current != this)
            _epoll.Wake();
    }

    /// <summary>Loop thread: the link has answers to send when the batch is done.</summary>
    public void Gather(ServerLink link) => _gathered.Add(link);

    /// <summary>Any thread, under the link's lock.</summary>
    public void SetInterest(ServerLink link, uint interest) => _epoll.Control(Libc.EPOLL_CTL_MOD, link.Descriptor, interest, link.Token);

    public void BeginDrain()
    {
        _draining = true;
        _epoll.Wake();
    }

    public void Stop()
    {
        _stopping = true;
        _epoll.Wake();
        if (_thread.IsAlive && Thread.CurrentThread != _thread)
            _thread.Join();
    }

    public void Dispose() => _epoll.Dispose();

    private void Run()
    {
        t_current = this;
        if (_lane is not null)
        {
            _lane.TakeOver();
            _epoll.Control(Libc.EPOLL_CTL_ADD, _lane.Descriptor, Libc.EPOLLIN, LaneToken);
        }

        while (!_stopping)
        {
            var count = Wait();
            NowMs = Environment.TickCount64;
            for (var index = 0; index < count; index++)
                Dispatch(_epoll.Token(index), _epoll.Events(index));
            TakeIn();
            Attend();
            Guarded(static (handler, _, _) => handler.OnBatchCompleted());
            SendGathered();
            if (NowMs - _lastSweepMs >= SweepMs)
                Sweep();
        }

        _lane?.GiveBack();
        foreach (var link in _links.Values.ToArray())
            End(link, "server stopped");
        TakeIn();
        foreach (var link in _links.Values.ToArray())
            End(link, "server stopped");
    }

    private int Wait()
    {
        if (!_posted.IsEmpty)
            return _epoll.Wait(0);
        var since = Stopwatch.GetTimestamp();
        var count = _lookAgain.IsWorthWhile ? Look(LookAgain.EndOf(since)) : 0;
        if (count == 0 && _posted.IsEmpty)
            count = _epoll.Wait(SweepMs);
        _lookAgain.Waited(since);
        return count;
    }

    private int Look(long until)
    {
        int count;
        while ((count = _epoll.Wait(0)) == 0 && _posted.IsEmpty && Stopwatch.GetTimestamp() < until)
            Thread.Yield();
        return count;
    }

    private void Dispatch(ulong token, uint events)
    {
        if (token == Epoll.WakeToken)
        {
            _epoll.ClearWake();
            return;
        }

        if (token == LaneToken)
        {
            _lane!.Serve(0, out _);
            _lane.Flush();
            return;
        }

        if ((token & ListenerBit) != 0)
        {
            Accept(_listeners[(int)(uint)token]);
            return;
        }

        // An event of a connection that ended earlier in this round finds nothing: tokens are not used again.
        if (!_links.TryGetValue(token, out var link))
            return;
        if ((events & Libc.EPOLLOUT) != 0)
            link.OnRoom();
        if ((events & ~Libc.EPOLLOUT) == 0)
            return;
        var reason = (events & (Libc.EPOLLERR | Libc.EPOLLHUP)) != 0 && link.IsDeaf ? "connection reset" : link.OnReadable();
        if (reason is not null)
            End(link, reason);
        else
            SendGathered();
    }

    private void Accept(RpcListener listener)
    {
        while (true)
        {
            var descriptor = NativeSocket.Accept(listener.Descriptor, listener.Address, out var peer);
            if (descriptor >= 0)
            {
                _server.Distribute(descriptor, peer);
                continue;
            }

            if (Libc.LastErrno is Libc.EAGAIN)
                return;
            if (Libc.LastErrno is Libc.EINTR)
                continue;
            PauseListeners(Libc.LastErrno);
            return;
        }
    }

    /// <summary>Out of descriptors or memory: the connection stays in the backlog until the next sweep, instead of spinning on it.</summary>
    private void PauseListeners(int errno)
    {
        _options.Logger.AcceptFailed(errno);
        _listenersPaused = true;
        SetListenerInterest(0);
    }

    private void SetListenerInterest(uint interest)
    {
        for (var index = 0; index < _listeners.Count; index++)
            _epoll.Control(Libc.EPOLL_CTL_MOD, _listeners[index].Descriptor, interest, ListenerBit | (uint)index);
    }

    private void TakeIn()
    {
        while (_accepted.TryDequeue(out var link))
        {
            link.Token = ++_lastToken;
            _links.Add(link.Token, link);
            _options.Logger.Accepted(link.Peer);
            RpcMetrics.ServerConnections(1);
            var watched = _epoll.Control(Libc.EPOLL_CTL_ADD, link.Descriptor, Libc.EPOLLIN, link.Token);
            Guarded(static (handler, peer, _) => handler.OnConnected(peer!), link.Peer);
            if (!watched)
                End(link, "cannot watch the socket");
            else if (_draining)
                link.StartDraining();
        }

        if (!_draining || _listeners.Count == 0)
            return;
        foreach (var listener in _listeners)
            listener.Dispose();
        _listeners.Clear();
    }

    private void Attend()
    {
        // As many as there were: links that ask again wait for the next round.
        for (var count = _posted.Count; count > 0 && _posted.TryDequeue(out var link); count--)
        {
            if (!_links.ContainsKey(link.Token))
                continue;
            if (link.OnAttention() is { } reason)
                End(link, reason);
        }

        if (!_draining)
            return;
        foreach (var link in _links.Values)
            link.StartDraining();
    }

    private void SendGathered()
    {
        foreach (var link in _gathered)
            link.SendGathered();
        _gathered.Clear();
    }

    private void Sweep()
    {
        _lastSweepMs = NowMs;
        if (_listenersPaused)
        {
            _listenersPaused = false;
            SetListenerInterest(Libc.EPOLLIN);
        }

        List<(ServerLink Link, string Reason)>? ending = null;
        var isShort = _server.Memory.IsShort;
        foreach (var link in _links.Values)
        {
            link.ShrinkIfIdle();
            if (isShort && link.IsStalled)
                (ending ??= []).Add((link, "holds memory that others wait for"));
            else if (link.LacksHello && NowMs - link.AcceptedAtMs > _options.HelloTime.TotalMilliseconds)
                (ending ??= []).Add((link, "no Hello in time"));
            else if (link.ClosingSinceMs != 0 && NowMs - link.ClosingSinceMs > RpcLimits.LingerTime.TotalMilliseconds)
                (ending ??= []).Add((link, "did not take its last answers"));
        }

        ending?.ForEach(item => End(item.Link, item.Reason));
        _server.Memory.Freed();
    }

    private void End(ServerLink link, string reason)
    {
        if (!_links.Remove(link.Token))
            return;
        _epoll.Control(Libc.EPOLL_CTL_DEL, link.Descriptor, 0, 0);
        link.SendGathered();
        RpcMetrics.ServerConnections(-1);
        _options.Logger.Disconnected(link.Peer, reason);

        // The handler hears of it before the peer can come back on a new connection.
        Guarded(static (handler, peer, why) => handler.OnDisconnected(peer!, why!), link.Peer, reason);
        link.Dispose();
        _server.Forget(link);
    }

    private void Guarded(Action<IRpcHandler, RpcPeer?, string?> call, RpcPeer? peer = null, string? reason = null)
    {
        try
        {
            call(_options.Handler, peer, reason);
        }
#pragma warning disable CA1031 // A handler's bug must not end the loop that serves everybody else.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            _options.Logger.HookFailed(exception);
        }
    }
}
