namespace SealFs.Core.Rpc;

/// <summary>
/// One thread of the process that waits for full sockets of client links to have room again. The receiver threads block in recv and cannot,
/// and a caller must not.
/// </summary>
internal static class WritableWatcher
{
    private static readonly Lock s_gate = new();
    private static readonly Dictionary<ClientLink, ulong> s_tokens = [];
    private static readonly Dictionary<ulong, ClientLink> s_links = [];
    private static Epoll? s_epoll;
    private static ulong s_lastToken;

    /// <summary>Calls OnWritable once, soon after the socket has room.</summary>
    public static void Watch(ClientLink link)
    {
        lock (s_gate)
        {
            var epoll = s_epoll ??= Start();
            var known = s_tokens.TryGetValue(link, out var token);
            if (!known)
            {
                token = ++s_lastToken;
                s_tokens.Add(link, token);
                s_links.Add(token, link);
            }

            if (!epoll.Control(known ? Libc.EPOLL_CTL_MOD : Libc.EPOLL_CTL_ADD, link.Descriptor, Libc.EPOLLOUT | Libc.EPOLLONESHOT, token))
                link.Break("cannot watch the socket");
        }
    }

    /// <summary>The link's descriptor was closed; the kernel has forgotten it already.</summary>
    public static void Forget(ClientLink link)
    {
        lock (s_gate)
        {
            if (s_tokens.Remove(link, out var token))
                s_links.Remove(token);
        }
    }

    private static Epoll Start()
    {
        var epoll = new Epoll();
        new Thread(() => Run(epoll)) { IsBackground = true, Name = "rpc-writable" }.Start();
        return epoll;
    }

    private static void Run(Epoll epoll)
    {
        while (true)
        {
            var count = epoll.Wait(-1);
            for (var index = 0; index < count; index++)
            {
                ClientLink? link;
                lock (s_gate)
                    s_links.TryGetValue(epoll.Token(index), out link);
                link?.OnWritable();
            }
        }
    }
}
