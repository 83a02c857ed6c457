using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using SealFs.Client.Routing;
using SealFs.Core;
using SealFs.Core.Messages;
using SealFs.Core.Wire;
using SealFs.Fuse;

namespace SealFs.Client.Buffering;

/// <content>fsync: the disks of every node that may have something of the file, whoever wrote it.</content>
internal sealed partial class WriteBack
{
    /// <summary>
    /// Everything acknowledged for the file reaches stable storage on every node that may have some of it: those of its chunks up to its size, as the servers know it. Another client may have
    /// written them, or this one before it opened the file again. Drain first. While a node is away it waits, until the kernel request is interrupted.
    /// </summary>
    /// <remarks>
    /// A node is asked by one of its shards. What a shard had is on stable storage when it has moved; but the shard by which a node was asked may have moved
    /// just then, and another node have answered: so it is looked again until each was heard.
    /// </remarks>
    /// <param name="file">Which.</param>
    /// <param name="dataOnly">fdatasync(2).</param>
    /// <param name="drained">What <see cref="DrainToSyncAsync"/> answered: who need not be asked again.</param>
    /// <param name="request">The kernel request that waits.</param>
    public async ValueTask<Errno> SyncAsync(FileState file, bool dataOnly, Drained drained = default, FuseRequest? request = null)
    {
        var heard = new Heard();
        var size = drained.SizeBytes;
        var ridden = drained.SyncedBy;
        var lossCount = drained.LossCount;
        while (true)
        {
            var asked = size is null ? AskSizeAsync(file.Inode, request) : null;
            var questions = QuestionsFor(file, size, heard, ridden);
            var (status, outcome) = await AskAsync(file, dataOnly, questions, heard, request);
            if (asked is not null)
            {
                var (sizeStatus, known) = await asked;
                status = status == Errno.None ? sizeStatus : status;
                size = known;
            }
            if (status != Errno.None)
                return status;
            if (IsLost(file, ref lossCount))
                outcome = Outcome.Lost;
            switch (outcome)
            {
                case Outcome.Lost:
                    // What is kept is being sent again, the size too.
                    heard.Clear();
                    size = null;
                    ridden = default;
                    status = (await DrainAsync(file, commit: true, request)).Status;
                    if (status != Errno.None)
                        return status;
                    break;
                case Outcome.Moved when request is { IsInterrupted: true }:
                    return Errno.EINTR;
                case Outcome.Moved:
                    heard.Clear();
                    ridden = default;
                    await Task.Delay(TimeSpan.FromMilliseconds(Limits.LongestRetryMs), _router.Execution.Time);
                    break;
                case Outcome.Durable when asked is null && questions.Count == 0:
                    return Errno.None;
            }
        }
    }

    /// <summary>Something acknowledged was found to be lost, here or by another answer, and may be on its way again.</summary>
    private static bool IsLost(FileState file, ref int lossCount)
    {
        lock (file.Gate)
        {
            var isLost = file.LossCount != lossCount;
            lossCount = file.LossCount;
            return isLost;
        }
    }

    /// <summary>Another client may have made the file larger.</summary>
    private async Task<(Errno Status, ulong SizeBytes)> AskSizeAsync(InodeId inode, FuseRequest? request)
    {
        var call = _router.Rent().Begin(request).Persist();
        call.Encode(new InodeRequest(inode));
        using var answer = await call.SendAsync(Opcode.GetAttr, inode.Shard);
        var status = answer.TryRead(out AttributesReply reply);
        _router.Return(call);
        return (status, reply.Attributes.SizeBytes);
    }

    private async ValueTask<(Errno Status, Outcome Outcome)> AskAsync(
        FileState file, bool dataOnly, List<Question> questions, Heard heard, FuseRequest? request)
    {
        var calls = new RoutedCall[questions.Count];
        var answers = new Task<Answer>[questions.Count];
        var before = _arena.NextOrder();
        for (var i = 0; i < calls.Length; i++)
        {
            calls[i] = _router.Rent().Begin(request).Persist();
            calls[i].Encode(new FsyncRequest(file.Inode, dataOnly));
            questions[i].Attach(calls[i]);
            answers[i] = calls[i].SendAsync(Opcode.Fsync, questions[i].Addressed).AsTask();
        }
        var status = Errno.None;
        var outcome = Outcome.Durable;
        for (var i = 0; i < calls.Length; i++)
        {
            using (var answer = await answers[i])
            {
                status = status == Errno.None ? answer.Status : status;
                if (answer.Succeeded && Settle(file, questions[i], in answer, before) is var settled && settled > outcome)
                    outcome = settled;
            }
            heard.Add(calls[i].Node, questions[i]);
            _router.Return(calls[i]);
        }
        if (outcome == Outcome.Lost)
            Resume(file);
        return (status, outcome);
    }

    private Outcome Settle(FileState file, Question question, in Answer answer, ulong before)
    {
        var outcome = Outcome.Durable;
        lock (file.Gate)
        {
            if (!Settle(file, question.Addressed, answer.Verifier, before))
                outcome = Outcome.Lost;
            for (var i = 0; i < question.Shards.Count; i++)
            {
                var verifier = question.VerifierOf(i, in answer);
                if (!Settle(file, question.Shards[i], verifier, before))
                    outcome = Outcome.Lost;
                else if (!verifier.IsKnown && answer.PayloadLength > 0 && outcome == Outcome.Durable)
                    outcome = Outcome.Moved;
            }
        }
        return outcome;
    }

    /// <summary>
    /// What to ask each node that may have something of the file and has not been heard; the inode's own comes first. The one with which a sync has ridden is asked only where it has to say
    /// something about other shards.
    /// </summary>
    private List<Question> QuestionsFor(FileState file, ulong? sizeBytes, Heard heard, NodeId ridden)
    {
        var questions = new Dictionary<NodeId, Question>();
        ulong size;
        lock (file.Gate)
        {
            size = Math.Max(sizeBytes ?? 0, file.IsSizeKnown ? file.SizeBytes : 0);
            size = Math.Max(size, Math.Max(file.UnsyncedSizeBytes, file.DirtyEnd()));
        }
        Ask(file.Inode.Shard);
        var chunks = (size + _chunkBytes - 1) / _chunkBytes;
        if (chunks <= Limits.FsyncChunks)
        {
            for (var chunk = 1UL; chunk < chunks; chunk++)
                Ask(ShardOf(file.Inode, chunk * _chunkBytes));
        }
        else
        {
            for (var shard = 0u; shard < _router.ShardCount; shard++)
                Ask(new(shard));
        }
        return [.. questions.Values.Where(question => question.Node != ridden || question.Shards.Count > 0)];

        void Ask(ShardId shard)
        {
            var node = _router.PrimaryOf(shard);
            var isWanted = !heard.Of(shard) && _arena.IsUnsynced(file.Inode, shard);
            if (heard.Of(node) && !isWanted)
                return;
            if (!questions.TryGetValue(node, out var question))
                questions.Add(node, new Question(node, shard));
            else if (isWanted && shard != question.Addressed)
                question.Add(shard);
        }
    }

    /// <summary>What the answers say together; the worst counts.</summary>
    private enum Outcome
    {
        Durable,

        /// <summary>A shard has left the node while it was asked: somebody else has to say.</summary>
        Moved,

        /// <summary>A node may have lost something that it had acknowledged.</summary>
        Lost,
    }

    /// <summary>Who has answered since the data arrived, and for which shards.</summary>
    private sealed class Heard
    {
        private readonly HashSet<NodeId> _nodes = [];
        private readonly HashSet<ShardId> _shards = [];

        public bool Of(NodeId node) => _nodes.Contains(node);

        public bool Of(ShardId shard) => _shards.Contains(shard);

        public void Add(NodeId node, Question question)
        {
            _nodes.Add(node);
            _shards.Add(question.Addressed);
            _shards.UnionWith(question.Shards);
        }

        public void Clear()
        {
            _nodes.Clear();
            _shards.Clear();
        }
    }

    /// <summary>An Fsync to one node, by one of its shards, with the others whose write verifiers it is to tell.</summary>
    private sealed class Question(NodeId node, ShardId addressed)
    {
        private uint[] _listed = [];

        public NodeId Node => node;

        public ShardId Addressed => addressed;

        public List<ShardId> Shards { get; } = [];

        public void Add(ShardId shard)
        {
            if (!Shards.Contains(shard))
                Shards.Add(shard);
        }

        public unsafe void Attach(RoutedCall call)
        {
            if (Shards.Count == 0)
                return;
            _listed = GC.AllocateUninitializedArray<uint>(Shards.Count, pinned: true);
            for (var i = 0; i < _listed.Length; i++)
                _listed[i] = Shards[i].Value;
            call.SetPayload((nint)Unsafe.AsPointer(ref MemoryMarshal.GetArrayDataReference(_listed)), _listed.Length * sizeof(uint));
        }

        /// <summary>Takes in the verifiers that the answer tells: those of shards that the node does not serve are not known.</summary>
        public void Collect(Dictionary<ShardId, WriteVerifier> verifiers, in Answer answer)
        {
            if (answer.Verifier.IsKnown)
                verifiers[Addressed] = answer.Verifier;
            for (var i = 0; i < Shards.Count && answer.PayloadLength > 0; i++)
                verifiers[Shards[i]] = VerifierOf(i, in answer);
        }

        /// <summary>Not known where the node says nothing.</summary>
        public WriteVerifier VerifierOf(int index, in Answer answer) => answer.PayloadLength == Shards.Count * sizeof(ulong)
            ? new WriteVerifier(BinaryPrimitives.ReadUInt64LittleEndian(answer.Payload[(index * sizeof(ulong))..]))
            : default;
    }
}
