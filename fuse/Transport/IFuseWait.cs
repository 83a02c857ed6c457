namespace SealFs.Fuse;

/// <summary>
/// How a worker waits for the next request when its thread has something else to wait for: answers of servers on sockets, say. Then one thread does both, and
/// a request passes through no other. Without one a worker blocks in read. All methods are called on the worker's thread.
/// </summary>
public interface IFuseWait
{
    /// <summary>Before the first <see cref="Wait"/>: the descriptor of /dev/fuse to watch. It is in non-blocking mode.</summary>
    void Attach(int descriptor);

    /// <summary>
    /// Returns when the descriptor is readable (true), or after other work was done, or a signal came. What the handlers of requests send from here on may be
    /// kept together until <see cref="Flush"/>: nothing in between blocks.
    /// </summary>
    bool Wait();

    /// <summary>
    /// As <see cref="Wait"/>, without watching the descriptor, for at most the time given: there is no room for another request.
    /// </summary>
    void WaitForRoom(TimeSpan atMost);

    /// <summary>The requests that were there have been handed to their handlers.</summary>
    void Flush();

    /// <summary>The worker ends: the descriptor is not watched any more.</summary>
    void Detach(int descriptor);
}
