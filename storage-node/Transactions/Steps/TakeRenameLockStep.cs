using SealFs.Core;
using SealFs.Core.Wire;
using SealFs.StorageNode.Shards;

namespace SealFs.StorageNode.Transactions.Steps;

/// <summary>
/// Takes the volume's rename lock: whoever gives a directory another parent holds it from before the walk to the root until the decision.
/// <code>no fields</code>
/// </summary>
internal sealed class TakeRenameLockStep : TransactionStep
{
    public override StepKind Kind => StepKind.TakeRenameLock;

    public override int Size => 0;

    public override Errno Prepare(StepScope scope) => scope.Lock(LockKey.Rename(scope.Volume)) ? Errno.None : Errno.Busy;

    public override void Apply(Mutation mutation)
    {
    }

    public override void Write(ref WireWriter writer)
    {
    }

    public static TakeRenameLockStep Read(ref WireReader reader)
    {
        _ = reader.Remaining;
        return new TakeRenameLockStep();
    }
}
