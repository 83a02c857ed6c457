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
    private long _toldFailures;
    private long _settledMs = long.MinValue / 2;
    private ulong _settleMark;
    private int _isSettling;

    /// <summary>
    /// As fsync of every file of the volume, whoever wrote it. Answers EIO, once, when data could not be written since the sync of the volume before (syncfs(2) since Linux 5.8 does so too), or when a node may have
    /// lost some of it. While a node is away it waits, until the kernel request is interrupted.
    /// </summary>
    public async ValueTask<Errno> SyncVolumeAsync(FuseRequest? request)
    {
        // It was asked for under a session that has ended since, and what that one had not written is dropped.
        if (request is { IsResend: true } && _router.HasLostSession)
            return Errno.EIO;

        var failures = Volatile.Read(ref _failures);
        while (true)
        {
            var status = await DrainVolumeAsync(request);
            if (status != Errno.None)
                return status;
            if (await SyncNodesAsync(VolumeQuestions(), request, isAsked: true) is { } synced)
                return synced == Errno.None && HasFailedSince(failures) ? Errno.EIO : synced;
            if (request is { IsInterrupted: true })
                return Errno.EINTR;
            await Task.Delay(TimeSpan.FromMilliseconds(Limits.LongestRetryMs), _router.Execution.Time);
        }
    }

    /// <summary>Each of those who wait at the same time is told; of those who come later none. A successor tells again what its files have noted.</summary>
    private bool HasFailedSince(long failures)
    {
        var now = Volatile.Read(ref _failures);
        return Interlocked.Exchange(ref _toldFailures, now) != now || now != failures;
    }

    /// <summary>
    /// What was acknowledged long ago is on stable storage by now, since nodes sync within seconds what nobody asks for. Has them say so: a file that was closed without fsync would otherwise count as lost when
    /// its node loses power much later. Called by a timer.
    /// </summary>
    public async Task SettleOldAsync()
    {
        var nowMs = _router.Execution.NowMs;
        if (nowMs - _settledMs < Limits.SettleMs || Interlocked.Exchange(ref _isSettling, 1) != 0)
            return;
        _settledMs = nowMs;
        try
        {
            await SettleAsync(_settleMark);
            _settleMark = _arena.NextOrder();
        }
        finally
        {
            Volatile.Write(ref _isSettling, 0);
        }
    }

    /// <summary>Asks the nodes that have acknowledged something before <paramref name="mark"/> and not synced it, as far as it is known here.</summary>
    public async Task SettleAsync(ulong mark)
    {
        var nodes = _arena.UnsyncedShards(mark).Select(_router.PrimaryOf).ToHashSet();
        if (nodes.Count > 0)
            await SyncNodesAsync([.. VolumeQuestions().Where(question => nodes.Contains(question.Node))], request: null, isAsked: false);
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
    /// <param name="questions">To which nodes.</param>
    /// <param name="request">The kernel request that waits.</param>
    /// <param name="isAsked">Somebody waits: for nodes that are away too, and to be told of what closed files have lost.</param>
    private async ValueTask<Errno?> SyncNodesAsync(List<Question> questions, FuseRequest? request, bool isAsked)
    {
        var answers = new Task<Answer>[questions.Count];
        var calls = new RoutedCall[questions.Count];
        var before = _arena.NextOrder();
        for (var i = 0; i < calls.Length; i++)
        {
            calls[i] = _router.Rent().Begin(request);
            if (isAsked)
                calls[i].Persist();
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
        return status == Errno.None ? SettleVolume(verifiers, before, isAsked) : status;
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

    private Errno? SettleVolume(Dictionary<ShardId, WriteVerifier> verifiers, ulong before, bool isAsked)
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
        if (_arena.SettleAll(verifiers, before, takeLosses: isAsked) && isAsked)
            Interlocked.Increment(ref _failures);
        return isLost || verifiers.Values.Any(static verifier => !verifier.IsKnown) ? null : Errno.None;
    }
}
