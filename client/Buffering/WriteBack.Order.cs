using SealFs.Client.Routing;
using SealFs.Core;
using SealFs.Core.Messages;
using SealFs.Core.Wire;

namespace SealFs.Client.Buffering;

/// <content>
/// The order of logs: the size of a file stands in the log of its inode's shard, and what its chunks above 0 have in those of other nodes. Were the size on stable storage before them, a loss of power could
/// leave a size that covers bytes of which nobody knows that they were written, and zeros would be read. So the other nodes sync their logs before the commit is sent, where a write has changed their records.
/// </content>
internal sealed partial class WriteBack
{
    /// <summary>Under the gate: a chunk above 0 was written, and its record may not be on stable storage.</summary>
    private static void NotePending(FileState file, ShardId shard)
    {
        file.Pending ??= [];
        if (!file.Pending.Contains(shard))
            file.Pending.Add(shard);
    }

    /// <summary>What a dead worker was told of this is not known: every shard that may not have synced what it acknowledged.</summary>
    private void RecoverPending(FileState file)
    {
        var chunks = Math.Min((file.CommitSizeBytes + _chunkBytes - 1) / _chunkBytes, Limits.FsyncChunks);
        for (var chunk = 1UL; file.IsCommitNeeded && chunk < chunks; chunk++)
        {
            var shard = ShardOf(file.Inode, chunk * _chunkBytes);
            if (_arena.IsUnsynced(file.Inode, shard))
                NotePending(file, shard);
        }
    }

    /// <summary>
    /// The logs of the nodes that have these shards, but for the one that has the inode: there the log has its own order. A log that fails is told of by the next sync. Where a shard has another verifier than when it
    /// acknowledged, what the commit is about may be lost: that is handled here, and the commit is not to be sent.
    /// </summary>
    /// <returns>The worst that was found.</returns>
    private async ValueTask<Loss> SyncLogsAsync(FileState file, List<ShardId> shards)
    {
        var questions = QuestionsTo(shards, _router.PrimaryOf(file.Inode.Shard));
        var calls = new RoutedCall[questions.Count];
        var answers = new Task<Answer>[questions.Count];
        for (var i = 0; i < calls.Length; i++)
        {
            calls[i] = _router.Rent().Persist();
            calls[i].Encode(new FsyncRequest(file.Inode, DataOnly: true, LogOnly: true));
            questions[i].Attach(calls[i]);
            answers[i] = calls[i].SendAsync(Opcode.Fsync, questions[i].Addressed).AsTask();
        }
        var verifiers = new Dictionary<ShardId, WriteVerifier>();
        for (var i = 0; i < calls.Length; i++)
        {
            using (var answer = await answers[i])
            {
                if (answer.Succeeded)
                    questions[i].Collect(verifiers, in answer);
            }
            _router.Return(calls[i]);
        }
        return TakeLosses(file, verifiers);
    }

    private List<Question> QuestionsTo(List<ShardId> shards, NodeId home)
    {
        var questions = new List<Question>();
        foreach (var shard in shards)
        {
            var node = _router.PrimaryOf(shard);
            if (node == home)
                continue;
            if (questions.Find(question => question.Node == node) is { } question)
                question.Add(shard);
            else
                questions.Add(new Question(node, shard));
        }
        return questions;
    }

    private Loss TakeLosses(FileState file, Dictionary<ShardId, WriteVerifier> verifiers)
    {
        var worst = Loss.None;
        lock (file.Gate)
        {
            foreach (var (shard, verifier) in verifiers)
            {
                var loss = _arena.TakeLoss(file.Inode, shard, verifier);
                HandleLoss(file, shard, verifier, loss);
                worst = loss > worst ? loss : worst;
            }
        }
        return worst;
    }

    /// <summary>
    /// Under the gate: the commit is not sent. What is kept is on its way again, and the size follows it. Where something is lost for good, which is told, the size does not come to cover it: the file ends where it ended.
    /// </summary>
    private void GiveUpCommit(FileState file, in Work work, Loss loss)
    {
        file.IsCommitting = false;
        file.CommitAllocatedBytes += work.AllocatedBytes;
        UncoverWaiters(file);
        if (loss == Loss.Kept)
        {
            file.IsCommitNeeded = true;
        }
        else if (!file.IsCommitNeeded)
        {
            ForgetCommit(file);
            file.CommitKillsSetIds = false;
        }
        RecordCommit(file);
    }
}
