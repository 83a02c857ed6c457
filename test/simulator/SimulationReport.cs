namespace SealFs.Simulator;

/// <summary>What came of a run.</summary>
internal sealed record SimulationReport(int Seed, ulong TraceHash, long Events, TimeSpan VirtualTime, int Operations, IReadOnlyList<string> Failures)
{
    public bool IsGood => Failures.Count == 0;

    public string Describe() =>
        $"seed {Seed}: {(IsGood ? "good" : "FAILED")}, {Operations} operations, {Events} events, {VirtualTime.TotalSeconds:F1} s of virtual time, trace {TraceHash:x16}"
        + (IsGood ? "" : $"\n  replay: test/simulate.sh --seed {Seed} --trace\n  {string.Join("\n  ", Failures)}");
}
