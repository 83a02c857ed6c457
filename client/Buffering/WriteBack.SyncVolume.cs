using SealFs.Client.Routing;
using SealFs.Core;
using SealFs.Core.Messages;
using SealFs.Core.Wire;
using SealFs.Fuse;

namespace SealFs.Client.Buffering;

/// <content>The whole volume: everything that is dirty here, and everything that any node has of it, to the disks.</content>
internal sealed partial class WriteBack
{
    private long _failures;

    /// <summary>
    /// As fsync of every file of the volume, whoever wrote it. Answers EIO when data could not be written meanwhile, or when a node may have lost some of it. While a node is away it waits, until the kernel
    /// request is interrupted.
    /// </summary>
    public async ValueTask<Errno> SyncVolumeAsync(FuseRequest? request)
    {
        var failures = Volatile.Read(ref _failures);
        while (true)
        {
            var status = await DrainVolumeAsync(request);
            if (status != Errno.None)
                return status;
            if (await SyncNodesAsync(request) is { } synced)
                return synced == Errno.None && Volatile.Read(ref _failures) != failures ? Errno.EIO : synced;
            if (request is { IsInterrupted: true })
                return Errno.EINTR;
            await Task.Delay(TimeSpan.FromMilliseconds(Limits.LongestRetryMs), _router.Execution.Time);
        }
    }

    private async ValueTask<Errno> DrainVolumeAsync(FuseRequest? request)
    {
        var status = Errno.None;
        foreach (var file in DirtyFiles(static (_, _) => true, 0))
        {
            if (status == Errno.None)
                status = (await DrainAsync(file, commit: true, request)).Status;
            _files.Release(file);
        }
        return status;
    }

    /// <summary>Null when something has to be sent again first, or a shard has changed its node.</summary>
    private async ValueTask<Errno?> SyncNodesAsync(FuseRequest? request)
    {
        var questions = VolumeQuestions();
        var answers = new Task<Answer>[questions.Count];
        var calls = new RoutedCall[questions.Count];
        var before = _arena.NextOrder();
        for (var i = 0; i < calls.Length; i++)
        {
            calls[i] = _router.Rent().Begin(request).Persist();
            calls[i].Encode(new EmptyMessage());
            questions[i].Attach(calls[i]);
            answers[i] = calls[i].SendAsync(Opcode.SyncVolume, questions[i].Addressed).AsTask();
        }
        var status = Errno.None;
        var verifiers = new Dictionary<ShardId, WriteVerifier>();
        for (var i = 0; i < calls.Length; i++)
        {
            using (var answer = await answers[i])
            {
                status = status == Errno.None ? answer.Status : status;
                if (answer.Succeeded)
                    questions[i].Collect(verifiers, in answer);
            }
            _router.Return(calls[i]);
        }
        return status == Errno.None ? SettleVolume(verifiers, before) : status;
    }

    /// <summary>One question for each node that serves a shard; it is to tell the verifiers of all of them.</summary>
    private List<Question> VolumeQuestions()
    {
        var questions = new Dictionary<NodeId, Question>();
        for (var shard = 0u; shard < _router.ShardCount; shard++)
        {
            var node = _router.PrimaryOf(new(shard));
            if (questions.TryGetValue(node, out var question))
                question.Add(new(shard));
            else
                questions.Add(node, new Question(node, new(shard)));
        }
        return [.. questions.Values];
    }

    private Errno? SettleVolume(Dictionary<ShardId, WriteVerifier> verifiers, ulong before)
    {
        var isLost = false;
        foreach (var file in _files.Picture())
        {
            lock (file.Gate)
            {
                foreach (var (shard, verifier) in verifiers)
                    isLost |= _arena.IsUnsynced(file.Inode, shard) && !Settle(file, shard, verifier, before);
            }
            Resume(file);
            _files.Release(file);
        }
        var isClosedLost = _arena.SettleAll(verifiers, before);
        if (isLost || verifiers.Values.Any(static verifier => !verifier.IsKnown))
            return null;
        return isClosedLost ? Errno.EIO : Errno.None;
    }
}
