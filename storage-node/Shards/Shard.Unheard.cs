using SealFs.Core;
using SealFs.StorageNode.Inodes;

namespace SealFs.StorageNode.Shards;

/// <content>
/// Who has inodes open stands in memory alone, and after a restart each client says it anew (ReassertOpen): one after the other, and behind what it had sent before. Until all have had
/// the time for it, an inode that is older than this start and loses its last name is kept, as if somebody had it open.
/// </content>
public sealed partial class Shard
{
    private readonly long _openedAtMs;

    /// <summary>Inodes with smaller numbers may have been opened before the shard was opened here.</summary>
    private ulong _firstInodeHere;

    private bool _hasHeardAll;

    internal bool HasHeardAll => _hasHeardAll || _node.NowMs - _openedAtMs >= _node.ReassertTime.TotalMilliseconds;

    internal bool MayBeOpenUnheard(InodeId inode) => inode.SequenceInShard < _firstInodeHere && !HasHeardAll;

    /// <summary>Once, when nobody can be missing any more: what was kept for those who might have come goes. Called again and again by the node's clock.</summary>
    internal void ReleaseUnheard()
    {
        if (_hasHeardAll || !HasHeardAll)
            return;
        using (Enter())
        {
            _hasHeardAll = true;
            if (IsRetired)
                return;
            foreach (var inode in Orphans.Keys.ToArray())
            {
                Opens.Remove(inode, OpenReferences.Unheard, ulong.MaxValue);
                Inodes.Orphans.Closed(this, inode);
            }
        }
    }
}
