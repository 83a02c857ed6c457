using SealFs.Core;
using SealFs.StorageNode.Shards;

namespace SealFs.StorageNode.Files;

/// <summary>Waiting for a sync of the metadata log on a thread that may wait.</summary>
internal static class GroupCommitWait
{
    public static Errno Sync(GroupCommit commit)
    {
        using var done = new ManualResetEventSlim();
        var outcome = Errno.None;
        commit.AfterSync(status =>
        {
            outcome = status;
            done.Set();
        });
        done.Wait();
        return outcome;
    }
}
