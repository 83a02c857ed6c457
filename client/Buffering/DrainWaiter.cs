using System.Threading.Tasks.Sources;

namespace SealFs.Client.Buffering;

/// <summary>Somebody who waits until a file's dirty data up to an order have reached the servers. Pooled; continues in place.</summary>
internal sealed class DrainWaiter : IValueTaskSource
{
    private readonly WriteBack _owner;
    private ManualResetValueTaskSourceCore<bool> _core;

    public DrainWaiter(WriteBack owner) => _owner = owner;

    public DrainWaiter? Next { get; set; }

    public ulong UpTo { get; set; }

    /// <summary>Size and time must have reached the inode too.</summary>
    public bool WantsCommit { get; set; }

    /// <summary>A commit is under way that began after this waiter's data had arrived.</summary>
    public bool IsCovered { get; set; }

    public ValueTask Task => new(this, _core.Version);

    public void Complete() => _core.SetResult(true);

    void IValueTaskSource.GetResult(short token)
    {
        _core.GetResult(token);
        _core.Reset();
        _owner.Recycle(this);
    }

    ValueTaskSourceStatus IValueTaskSource.GetStatus(short token) => _core.GetStatus(token);

    void IValueTaskSource.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _core.OnCompleted(continuation, state, token, ValueTaskSourceOnCompletedFlags.None);
}
