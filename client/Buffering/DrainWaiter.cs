using System.Threading.Tasks.Sources;
using SealFs.Core;

namespace SealFs.Client.Buffering;

/// <summary>Somebody who waits until a file's dirty data up to an order have reached the servers. Pooled; continues in place.</summary>
internal sealed class DrainWaiter : IValueTaskSource<NodeId>
{
    private readonly WriteBack _owner;
    private ManualResetValueTaskSourceCore<NodeId> _core;

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

    public ValueTask<NodeId> Task => new(this, _core.Version);

    public void Complete() => _core.SetResult(SyncedBy);

    NodeId IValueTaskSource<NodeId>.GetResult(short token)
    {
        var node = _core.GetResult(token);
        _core.Reset();
        _owner.Recycle(this);
        return node;
    }

    ValueTaskSourceStatus IValueTaskSource<NodeId>.GetStatus(short token) => _core.GetStatus(token);

    void IValueTaskSource<NodeId>.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _core.OnCompleted(continuation, state, token, ValueTaskSourceOnCompletedFlags.None);
}
