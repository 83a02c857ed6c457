using SealFs.Core;
using SealFs.StorageNode.Shards;

namespace SealFs.StorageNode.Files;

/// <summary>Waiting for a sync of the metadata log, which is asked for at once, on a thread that may wait.</summary>
internal sealed class GroupCommitWait : IDisposable
{
    private readonly ManualResetEventSlim _done = new();
    private readonly GroupCommit _commit;
    private Errno _outcome;

    public GroupCommitWait(GroupCommit commit)
    {
        _commit = commit;
        commit.AfterSync(status =>
        {
            _outcome = status;
            _done.Set();
        });
    }

    public static Errno Sync(GroupCommit commit)
    {
        using var wait = new GroupCommitWait(commit);
        return wait.Wait();
    }

    public Errno Wait()
    {
        if (!_done.IsSet)
            _commit.RunIfNobodyElseDoes();
        _done.Wait();
        return _outcome;
    }

    /// <summary>Only after <see cref="Wait"/>.</summary>
    public void Dispose() => _done.Dispose();
}
