using SealFs.Core;
using SealFs.Core.Messages;
using SealFs.StorageNode.Replication;

namespace SealFs.StorageNode.Shards;

/// <summary>Learners of a shard, and the end of serving it.</summary>
public sealed partial class Shard
{
    private volatile bool _retired;
    private EffectLog? _log;

    /// <summary>This object serves nothing any more, and nothing can be committed to it. Should the node serve the shard again, another object does.</summary>
    public bool IsRetired => _retired;

    /// <summary>What is kept for a learner; null while there is none, as nearly always.</summary>
    internal EffectLog? Log => Volatile.Read(ref _log);

    /// <summary>Requests since the shard was opened: exact for those that hold the gate, nearly so for others.</summary>
    internal ulong Operations { get; set; }

    /// <summary>For whoever has waited (for a gate, a chunk, another node) and is about to change something.</summary>
    /// <exception cref="ShardRetiredException">The shard is not served here any more.</exception>
    internal void RequireServing()
    {
        if (_retired)
            throw new ShardRetiredException(Id, Epoch);
    }

    /// <summary>Attaches a learner in place of whoever is attached. With the gate held.</summary>
    internal void Attach(EffectLog log)
    {
        System.Diagnostics.Debug.Assert(GateIsHeld, "What is committed before a learner is attached is in the pages that it reads.");
        Interlocked.Exchange(ref _log, log)?.Dispose();
    }

    /// <summary>The learner is gone.</summary>
    internal void Detach(EffectLog log)
    {
        if (ReferenceEquals(Interlocked.CompareExchange(ref _log, null, log), log))
            log.Dispose();
    }

    /// <summary>
    /// Stops serving: the row that says so is written, whatever waits is answered WrongEpoch, and every later commit fails. Without a gate held. False when the shard has retired before, or
    /// when <paramref name="before"/>, which runs with the gate held just before, does not want it.
    /// </summary>
    internal bool Retire(HeldCopy copy, Func<bool>? before = null)
    {
        List<NodeRequest> parked;
        _gate.Enter();
        try
        {
            if (_retired || (before is not null && !before()))
                return false;
            _node.Copies.Put(Id, copy);
            _retired = true;
            foreach (var usage in _usage.Values)
                usage.Leave();
            parked = _parked.TakeAll();
            Transactions.Leave();
        }
        finally
        {
            _gate.Exit();
        }

        foreach (var request in parked)
            request.Reply(Errno.WrongEpoch);
        _node.Quota?.ShardLeft(this);
        return true;
    }

    /// <summary>The shard has retired, and nobody asks for what it was. Requests that were under way may have it still: its memory goes when they are gone.</summary>
    internal void Abandon() => Interlocked.Exchange(ref _log, null)?.Dispose();

    /// <summary>Every open reference, for the node that takes over.</summary>
    internal void ListReferences(List<HandedReference> target) => Opens.ListAll(target);
}
