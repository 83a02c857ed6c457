namespace SealFs.Simulator;

/// <summary>What came of a run.</summary>
internal sealed record SimulationReport(int Seed, ulong TraceHash, long Events, TimeSpan VirtualTime, int Operations, IReadOnlyList<string> Failures)
{
    /// <summary>Histories for which the search for an order was given up.</summary>
    public int Undecided { get; init; }

    /// <summary>What was asked for beyond what the seed draws, as on the command line.</summary>
    public string Arguments { get; init; } = "";

    public bool IsGood => Failures.Count == 0;

    public string Describe() =>
        $"seed {Seed}: {(!IsGood ? "FAILED" : Undecided > 0 ? "undecided" : "good")}, {Operations} operations, {Events} events, {VirtualTime.TotalSeconds:F1} s of virtual time, trace {TraceHash:x16}"
        + (IsGood ? "" : $"\n  replay: test/simulate.sh --seed {Seed}{Arguments} --trace\n  {string.Join("\n  ", Failures)}");
}
