using System.Threading.Tasks.Sources;
using SealFs.Core;
using SealFs.Fuse;

namespace SealFs.Client.Buffering;

/// <summary>Somebody who waits until a file's dirty data up to an order have reached the servers. Pooled; continues in place.</summary>
internal sealed class DrainWaiter : IValueTaskSource<Drained>
{
    private readonly WriteBack _owner;
    private int _lossCount;
    private ManualResetValueTaskSourceCore<Drained> _core;

    public DrainWaiter(WriteBack owner) => _owner = owner;

    public DrainWaiter? Next { get; set; }

    public ulong UpTo { get; set; }

    /// <summary>Size and time must have reached the inode too.</summary>
    public bool WantsCommit { get; set; }

    /// <summary>A commit is under way that began after this waiter's data had arrived.</summary>
    public bool IsCovered { get; set; }

    /// <summary>The last write is to be answered when the inode's node has everything on its disk: fsync.</summary>
    public bool WantsSync { get; set; }

    /// <summary>Such a write is under way.</summary>
    public bool IsSyncing { get; set; }

    /// <summary>The node that answered it; none where no write carried the wish, or the answer did not say so.</summary>
    public NodeId SyncedBy { get; set; }

    /// <summary>What a commit that covers this waiter was answered.</summary>
    public ulong? SizeBytes { get; set; }

    /// <summary>The kernel request that waits; null for the client's own work.</summary>
    public FuseRequest? Request { get; private set; }

    /// <summary>Since when, on the router's clock.</summary>
    public long SinceMs { get; private set; }

    public ValueTask<Drained> Task => new(this, _core.Version);

    public void Begin(ulong upTo, bool wantsCommit, bool wantsSync, FuseRequest? request, int lossCount, long nowMs)
    {
        UpTo = upTo;
        WantsCommit = wantsCommit;
        WantsSync = wantsSync;
        IsCovered = IsSyncing = false;
        SyncedBy = default;
        SizeBytes = null;
        Request = request;
        _lossCount = lossCount;
        SinceMs = nowMs;
    }

    public void Complete(Errno status)
    {
        Request = null;
        _core.SetResult(new Drained(status, SyncedBy, SizeBytes, _lossCount));
    }

    Drained IValueTaskSource<Drained>.GetResult(short token)
    {
        var drained = _core.GetResult(token);
        _core.Reset();
        _owner.Recycle(this);
        return drained;
    }

    ValueTaskSourceStatus IValueTaskSource<Drained>.GetStatus(short token) => _core.GetStatus(token);

    void IValueTaskSource<Drained>.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _core.OnCompleted(continuation, state, token, ValueTaskSourceOnCompletedFlags.None);
}
