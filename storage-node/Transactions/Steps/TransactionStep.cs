using SealFs.Core;
using SealFs.Core.Wire;
using SealFs.StorageNode.Shards;

namespace SealFs.StorageNode.Transactions.Steps;

/// <summary>
/// One thing that a transaction does in one shard. It is prepared (validated, its keys locked, its results filled in) under the shard's gate, sent
/// back and logged with these results, and applied when the decision is known. Because the locks keep what was validated, applying cannot fail;
/// because it reads again what it changes, commutative changes by others in between are kept.
/// </summary>
internal abstract class TransactionStep
{
    public abstract StepKind Kind { get; }

    /// <summary>Bytes that <see cref="Write"/> produces; at most 65,535.</summary>
    public abstract int Size { get; }

    /// <summary>Parameters and results, as they stand.</summary>
    public abstract void Write(ref WireWriter writer);

    /// <summary>Takes the locks and checks. Busy: another transaction is in the way. Any other errno ends the operation.</summary>
    public abstract Errno Prepare(StepScope scope);

    /// <summary>The transaction was committed.</summary>
    public abstract void Apply(Mutation mutation);

    /// <summary>
    /// The transaction was committed, and this participant has not prepared it, or lost that with its power: locks nothing, and finds what others have done meanwhile. Done once. Busy: another
    /// transaction is in the way.
    /// </summary>
    /// <param name="mutation">Where it is staged.</param>
    /// <param name="elsewhere">What is to be done in other shards for it.</param>
    public virtual Errno Follow(Mutation mutation, List<DecisionPart> elsewhere) => throw new InvalidDataException($"{Kind} is never lost, since nothing is decided before it is on stable storage.");

    /// <summary>False while other transactions hold what <see cref="Undo"/> would take away, and may commit to it: the abort waits for them.</summary>
    public virtual bool MayUndo(Mutation mutation) => true;

    /// <summary>The transaction was aborted: takes back what preparing wrote, for the few steps that write.</summary>
    public virtual void Undo(Mutation mutation)
    {
    }
}
