using SealFs.Core;
using SealFs.Simulator.Workload;

namespace SealFs.Simulator.Checking;

/// <summary>
/// One block of a file: what is read is what was written last; cutting the file writes zeros. A write that was refused for lack of room may have had its bytes written all the same,
/// which then belong to nothing, and are removed some time.
/// </summary>
internal sealed class BlockModel : IModel
{
    private ulong _value;
    private bool _mayVanish;

    public ulong Hash => _value + (_mayVanish ? 1UL << 63 : 0);

    public bool IsRightAndChangesNothing(Operation operation) => operation.Kind == OperationKind.Read && operation.Status is not null && operation.Value == _value;

    public IEnumerable<Action> Apply(Operation operation) => operation.Kind switch
    {
        OperationKind.Read => ApplyRead(operation),
        OperationKind.Truncate => ApplyChange(operation, 0),
        _ => ApplyChange(operation, operation.Value),
    };

    private IEnumerable<Action> ApplyRead(Operation operation)
    {
        if (operation.Status is null || operation.Value == _value)
            yield return static () => { };
        else if (_mayVanish && operation.Value == 0)
            yield return Become(0, false);
    }

    private IEnumerable<Action> ApplyChange(Operation operation, ulong wanted)
    {
        if (operation.Status is null or Errno.None)
            yield return Become(wanted, false);
        if (operation.Status is null or Errno.ENOSPC)
        {
            yield return Become(wanted, true);
            yield return static () => { };
        }
    }

    /// <summary>How to take it back.</summary>
    private Action Become(ulong value, bool mayVanish)
    {
        var (valueBefore, mayVanishBefore) = (_value, _mayVanish);
        (_value, _mayVanish) = (value, mayVanish);
        return () => (_value, _mayVanish) = (valueBefore, mayVanishBefore);
    }
}
