using SealFs.Simulator.Workload;

namespace SealFs.Simulator.Checking;

/// <summary>What one client alone would see: applies an operation when the answer that was given fits the state, and can take it back.</summary>
internal interface IModel
{
    /// <summary>Stands for the state: equal for equal states.</summary>
    ulong Hash { get; }

    /// <summary>The answer is right now, and the operation changes nothing: it may as well come at once as later.</summary>
    bool IsRightAndChangesNothing(Operation operation);

    /// <summary>
    /// The ways in which the operation may have had its effect now: how to take each back. Empty when its answer does not fit. An operation without an answer may also have had
    /// none.
    /// </summary>
    IEnumerable<Action> Apply(Operation operation);
}
