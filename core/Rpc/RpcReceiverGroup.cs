using System.Collections.Concurrent;

namespace SealFs.Core.Rpc;

/// <summary>
/// Receives for many connections on one thread with epoll. The thread is the group's own until somebody who has a loop anyway takes the turn
/// (<see cref="TakeOver"/>): then answers are received, and what they lead to is sent, on the loop's thread, between its other work. Hand it to
/// <see cref="RpcClientOptions.Receivers"/>, and dispose it after its connections.
/// </summary>
public sealed class RpcReceiverGroup : IDisposable
{
    private const ulong ForeignToken = ulong.MaxValue - 1;

    [ThreadStatic]
    private static RpcReceiverGroup? t_current;

    private readonly Epoll _epoll = new();
    private readonly ConcurrentQueue<ClientLink> _added = new();
    private readonly Dictionary<ulong, ClientLink> _links = [];
    private readonly SendBatch _batch = new();
    private readonly Lock _turn = new();
    private readonly ManualResetEventSlim _ownTurn = new(true);
    private readonly Thread _thread;
    private ulong _lastToken;
    private volatile bool _taken;
    private volatile bool _stopping;
    private volatile bool _ended;

    public RpcReceiverGroup(int index = 0)
    {
        Index = index;
        _thread = new Thread(Run) { IsBackground = true, Name = $"rpc-receivers-{index}" };
        _thread.Start();
    }

    /// <summary>The group whose thread this is, for work that prefers connections of its own thread.</summary>
    public static RpcReceiverGroup? Current => t_current;

    /// <summary>Number given by the owner.</summary>
    public int Index { get; }

    /// <summary>
    /// The calling thread receives from now on, with <see cref="Serve"/>; returns when the group's own thread rests. What the thread sends is gathered until
    /// <see cref="Flush"/>, so it must not block in between.
    /// </summary>
    public void TakeOver()
    {
        _ownTurn.Reset();
        _taken = true;
        _epoll.Wake();
        _turn.Enter();
        t_current = this;
    }

    /// <summary>Gives the turn back to the group's own thread. On the thread that took it.</summary>
    public void GiveBack()
    {
        Flush();
        t_current = null;
        _taken = false;
        _turn.Exit();
        _ownTurn.Set();
    }

    /// <summary>Readable when <see cref="Serve"/> has something to do, for a caller that waits with an epoll of its own.</summary>
    internal int Descriptor => _epoll.Descriptor;

    /// <summary>Watches a descriptor of the caller's besides the connections; of several groups that watch the same one, one is woken.</summary>
    public void Watch(int descriptor) => _epoll.Control(Libc.EPOLL_CTL_ADD, descriptor, Libc.EPOLLIN | Libc.EPOLLEXCLUSIVE, ForeignToken);

    /// <summary>Watches it no more.</summary>
    public void Unwatch(int descriptor) => _epoll.Control(Libc.EPOLL_CTL_DEL, descriptor, 0, 0);

    /// <summary>
    /// Receives what is there, waiting for it up to the time given (ms; -1 for ever). True when the watched descriptor is ready. Returns early after a signal.
    /// Opens a batch that <see cref="Flush"/> ends.
    /// </summary>
    public bool Serve(int timeoutMs, out bool isIdle)
    {
        var count = _epoll.Wait(timeoutMs);
        isIdle = count == 0;
        _batch.TryBegin();
        var isForeign = false;
        for (var index = 0; index < count; index++)
        {
            var token = _epoll.Token(index);
            if (token == ForeignToken)
                isForeign = true;
            else if (token == Epoll.WakeToken)
                OnWoken();
            else
                Receive(token);
        }

        return isForeign;
    }

    /// <summary>Sends what was gathered since <see cref="Serve"/>.</summary>
    public void Flush() => _batch.Flush();

    public void Dispose()
    {
        if (_stopping)
            return;
        _stopping = true;
        _ownTurn.Set();
        _epoll.Wake();

        // A continuation of an answer may get here on the group's own thread, which ends when it returns.
        if (Thread.CurrentThread != _thread)
            _thread.Join();
    }

    /// <summary>Receives for the link until its connection ends, which the calling thread waits for. Returns why it did.</summary>
    internal string Receive(ClientLink link)
    {
        _added.Enqueue(link);
        Interlocked.MemoryBarrier();
        if (_ended)
            link.End("the receiver was stopped");
        _epoll.Wake();
        return link.AwaitEnd();
    }

    private void Run()
    {
        while (!_stopping)
        {
            _ownTurn.Wait();
            lock (_turn)
            {
                t_current = this;
                while (!_stopping && !_taken)
                {
                    Serve(-1, out _);
                    Flush();
                }

                t_current = null;
            }
        }

        // Whoever adds a link after this sees it, or the link is found here.
        _ended = true;
        Interlocked.MemoryBarrier();
        OnWoken();
        foreach (var link in _links.Values)
            link.End("the receiver was stopped");
        _epoll.Dispose();
        _ownTurn.Dispose();
    }

    private void OnWoken()
    {
        _epoll.ClearWake();
        while (_added.TryDequeue(out var link))
        {
            var token = ++_lastToken;
            if (_epoll.Control(Libc.EPOLL_CTL_ADD, link.Descriptor, Libc.EPOLLIN, token))
                _links.Add(token, link);
            else
                link.End("cannot watch the socket");
        }
    }

    private void Receive(ulong token)
    {
        if (!_links.TryGetValue(token, out var link) || link.ReceiveOnce(Libc.MSG_DONTWAIT) is not { } reason)
            return;
        _links.Remove(token);
        _epoll.Control(Libc.EPOLL_CTL_DEL, link.Descriptor, 0, 0);
        link.End(reason);
    }
}
