using SealFs.Core;
using SealFs.Simulator.Workload;

namespace SealFs.Simulator.Checking;

/// <summary>One block of a file: what is read is what was written last; cutting the file writes zeros.</summary>
internal sealed class BlockModel : IModel
{
    private ulong _value;

    public ulong Hash => _value;

    public IEnumerable<Action> Apply(Operation operation)
    {
        var before = _value;
        if (operation.Kind == OperationKind.Read)
        {
            if (operation.Status is null || operation.Value == _value)
                yield return static () => { };
            yield break;
        }

        var wanted = operation.Kind == OperationKind.Truncate ? 0 : operation.Value;
        if (operation.Status is null or Errno.None or Errno.ENOSPC)
        {
            _value = wanted;
            yield return () => _value = before;
        }

        // Refused for lack of room: some of it may have been written and some not.
        if (operation.Status is null or Errno.ENOSPC)
            yield return static () => { };
    }
}
