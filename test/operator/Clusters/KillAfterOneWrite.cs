using SealFs.Testing.Kubernetes;

namespace SealFs.Operator.Tests.Clusters;

/// <summary>Lets an operator write once (statuses and events aside, which decide nothing), loses the answer, and stops it there.</summary>
internal sealed class KillAfterOneWrite : IDisposable
{
    private readonly IDisposable _rule;
    private int _writes;

    public KillAfterOneWrite(OperatorWorld world, RunningOperator running) => _rule = world.Server.Faults.Add(request =>
    {
        if (!request.IsWrite || request.Type.Plural is "leases" or "events" || request.Subresource == "status")
            return null;
        running.Stop.CancelAsync();
        return Interlocked.Increment(ref _writes) == 1 ? new Fault { BreakAfterwards = true } : new Fault { Break = true };
    });

    public bool IsKilled => Volatile.Read(ref _writes) > 0;

    public void Dispose() => _rule.Dispose();
}
