namespace SealFs.Core.Rpc;

/// <summary>
/// What one thread has queued on client links and not sent yet: while a batch is open, frames gather, and leave with one system call a link when it is
/// flushed. Whoever opens a batch must not block before it has flushed it.
/// </summary>
internal sealed class SendBatch
{
    [ThreadStatic]
    private static SendBatch? t_open;

    private readonly List<ClientLink> _links = [];

    /// <summary>The batch that is open on this thread.</summary>
    public static SendBatch? Open => t_open;

    /// <summary>Under the link's lock, once until the link is flushed.</summary>
    public void Add(ClientLink link) => _links.Add(link);

    /// <summary>Opens the batch; false when the thread has one open already, whose owner flushes.</summary>
    public bool TryBegin()
    {
        if (t_open is not null)
            return false;
        t_open = this;
        return true;
    }

    /// <summary>Sends everything and closes the batch.</summary>
    public void Flush()
    {
        t_open = null;
        foreach (var link in _links)
            link.SendGathered();
        _links.Clear();
    }
}
