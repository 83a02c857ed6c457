using System.Collections.Concurrent;

namespace SealFs.Core.Rpc;

/// <summary>
/// Receives for many connections on one thread with epoll: for a process with so many peers that a receiver thread for each, which
/// saves a system call per answer, would be woken in turn for every one of them. Hand it to <see cref="RpcClientOptions.Receivers"/>, and dispose it after its connections.
/// </summary>
public sealed class RpcReceiverGroup : IDisposable
{
    private readonly Epoll _epoll = new();
    private readonly ConcurrentQueue<ClientLink> _added = new();
    private readonly Dictionary<ulong, ClientLink> _links = [];
    private readonly Thread _thread;
    private ulong _lastToken;
    private volatile bool _stopping;

    public RpcReceiverGroup()
    {
        _thread = new Thread(Run) { IsBackground = true, Name = "rpc-receivers" };
        _thread.Start();
    }

    public void Dispose()
    {
        if (_stopping)
            return;
        _stopping = true;
        _epoll.Wake();
        _thread.Join();
        _epoll.Dispose();
    }

    /// <summary>Receives for the link until its connection ends, which the calling thread waits for. Returns why it did.</summary>
    internal string Receive(ClientLink link)
    {
        _added.Enqueue(link);
        _epoll.Wake();
        return link.AwaitEnd();
    }

    private void Run()
    {
        while (!_stopping)
        {
            var count = _epoll.Wait(-1);
            for (var index = 0; index < count; index++)
            {
                var token = _epoll.Token(index);
                if (token == Epoll.WakeToken)
                {
                    _epoll.ClearWake();
                    TakeIn();
                }
                else if (_links.TryGetValue(token, out var link) && link.ReceiveOnce(Libc.MSG_DONTWAIT) is { } reason)
                {
                    _links.Remove(token);
                    _epoll.Control(Libc.EPOLL_CTL_DEL, link.Descriptor, 0, 0);
                    link.End(reason);
                }
            }
        }

        TakeIn();
        foreach (var link in _links.Values)
            link.End("the receiver was stopped");
    }

    private void TakeIn()
    {
        while (_added.TryDequeue(out var link))
        {
            var token = ++_lastToken;
            if (_epoll.Control(Libc.EPOLL_CTL_ADD, link.Descriptor, Libc.EPOLLIN, token))
                _links.Add(token, link);
            else
                link.End("cannot watch the socket");
        }
    }
}
