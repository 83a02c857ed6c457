using System.Collections.Concurrent;

namespace SealFs.LossyDisk;

/// <summary>The rules that are in force, and counts of all calls.</summary>
internal sealed class FaultTable
{
    private readonly ConcurrentDictionary<string, long> _calls = new(StringComparer.Ordinal);
    private Fault[] _faults = [];

    public void Add(Fault fault) => _faults = [.. _faults, fault];

    public void Clear() => _faults = [];

    public int Hits => _faults.Sum(static fault => fault.Hits);

    public long Calls(string operation) => _calls.GetValueOrDefault(operation);

    /// <summary>Counts a call, waits as long as it is told to, and returns the rule by which it goes wrong.</summary>
    public Fault? Meet(string operation, string path)
    {
        _calls.AddOrUpdate(operation, 1, static (_, count) => count + 1);
        foreach (var fault in _faults)
        {
            if (!fault.Applies(operation, path))
                continue;
            if (fault.DelayMs > 0)
                Thread.Sleep(fault.DelayMs);
            if (fault.Errno != 0 || fault.Short)
                return fault;
        }

        return null;
    }
}
