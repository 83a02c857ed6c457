using SealFs.Simulator.Workload;

namespace SealFs.Simulator.Checking;

/// <summary>
/// Looks for an order of all operations in which each one's answer is right, and which agrees with time: what ended before another began comes before it (Wing and Gong,
/// with Lowe's memory of what was tried). What was never answered may come anywhere after its beginning, or not at all.
/// </summary>
internal sealed class LinearizabilityCheck
{
    /// <summary>Tries before the search gives up: the answer is unknown then.</summary>
    private const int MostTries = 300_000;

    private readonly Operation[] _operations;
    private readonly bool[] _done;
    private readonly ulong[] _marks;
    private readonly IModel _model;
    private readonly HashSet<(ulong, ulong)> _seen = [];
    private ulong _doneHash;
    private int _left;

    /// <summary>Of those that have come: what ended before it cannot come any more.</summary>
    private long _latestBegin;
    private int _tries;
    private int _deepest = -1;
    private readonly List<Operation> _order = [];
    private List<Operation> _deepestOrder = [];

    private LinearizabilityCheck(IEnumerable<Operation> operations, IModel model)
    {
        _operations = [.. operations.OrderBy(static operation => operation.Begin)];
        _done = new bool[_operations.Length];
        _model = model;
        var random = new Random(1);
        _marks = [.. _operations.Select(_ => (ulong)random.NextInt64())];
        _left = _operations.Count(IsDue);
    }

    /// <summary>Null when there is an order, else what stands in the way.</summary>
    public static string? Explain(string what, IEnumerable<Operation> operations, IModel model) => Explain(what, operations, model, out _);

    /// <param name="what">What is judged, for people.</param>
    /// <param name="operations">What clients asked and were told.</param>
    /// <param name="model">What they may have been told.</param>
    /// <param name="isUndecided">The search was given up: nothing is known.</param>
    public static string? Explain(string what, IEnumerable<Operation> operations, IModel model, out bool isUndecided)
    {
        var check = new LinearizabilityCheck(operations, model);
        var isGood = check.Search(0);
        isUndecided = !isGood && check._tries >= MostTries;
        return isGood || isUndecided ? null : $"{what} is not linearizable:\n{check.Stuck()}";
    }

    private static bool IsDue(Operation operation) => operation.End != Operation.Never && !operation.IsOptional;

    private bool Search(int first)
    {
        if (_left == 0)
            return true;
        if (++_tries >= MostTries || !_seen.Add((_doneHash, _model.Hash)))
            return false;
        while (_done[first])
            first++;
        NoteDepth();
        var end = FirstEnd(first);
        for (var index = first; index < _operations.Length && _operations[index].Begin < end; index++)
        {
            // What can come at once and changes nothing stands in nobody's way.
            if (!_done[index] && _model.IsRightAndChangesNothing(_operations[index]))
                return Try(index, first);
        }

        for (var index = first; index < _operations.Length && _operations[index].Begin < end; index++)
        {
            if (!_done[index] && _operations[index].End > _latestBegin && Try(index, first))
                return true;
        }

        return false;
    }

    private bool Try(int index, int first)
    {
        var operation = _operations[index];
        var isDue = IsDue(operation);
        var latestBegin = _latestBegin;
        foreach (var undo in _model.Apply(operation))
        {
            _done[index] = true;
            _doneHash ^= _marks[index];
            _left -= isDue ? 1 : 0;
            _latestBegin = Math.Max(latestBegin, operation.Begin);
            _order.Add(operation);
            var found = Search(first);
            _order.RemoveAt(_order.Count - 1);
            undo();
            _latestBegin = latestBegin;
            _left += isDue ? 1 : 0;
            _doneHash ^= _marks[index];
            _done[index] = false;
            if (found)
                return true;
        }

        return false;
    }

    /// <summary>Nothing that began later may come next.</summary>
    private long FirstEnd(int first)
    {
        var end = long.MaxValue;
        for (var index = first; index < _operations.Length && _operations[index].Begin < end; index++)
        {
            if (!_done[index] && !_operations[index].IsOptional)
                end = Math.Min(end, _operations[index].End);
        }

        return end;
    }

    private void NoteDepth()
    {
        if (_order.Count <= _deepest)
            return;
        _deepest = _order.Count;
        _deepestOrder = [.. _order];
    }

    /// <summary>The last operations that fit, and those of which none can follow.</summary>
    private string Stuck()
    {
        var fitted = _deepestOrder.ToHashSet();
        var rest = _operations.Where(operation => !fitted.Contains(operation)).ToList();
        var end = rest.Min(static operation => operation.End);
        var next = rest.Where(operation => operation.Begin < end);
        return $"  after\n{Lines(_deepestOrder.TakeLast(30))}\n  none of these fits:\n{Lines(next)}";
    }

    private static string Lines(IEnumerable<Operation> operations) => string.Join("\n", operations.Select(static operation => $"    {operation}"));
}
