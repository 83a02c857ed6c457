using SealFs.Testing.Kubernetes;

namespace SealFs.Operator.Tests.Clusters;

/// <summary>Lets an operator do one thing, a write (statuses and events aside, which decide nothing) or a call that changes the manager, loses the answer, and stops it there.</summary>
internal sealed class KillAfterOneWrite : IDisposable
{
    private readonly IDisposable _rule;
    private int _writes;

    private readonly OperatorWorld _world;

    public KillAfterOneWrite(OperatorWorld world)
    {
        _world = world;
        world.Manager.Changed = () =>
        {
            Interlocked.Increment(ref _writes);
            Target?.Stop.CancelAsync();
        };
        _rule = world.Server.Faults.Add(request =>
        {
            if (!request.IsWrite || request.Type.Plural is "leases" or "events" || request.Subresource == "status")
                return null;
            Target?.Stop.CancelAsync();
            return Interlocked.Increment(ref _writes) == 1 ? new Fault { BreakAfterwards = true } : new Fault { Break = true };
        });
    }

    public RunningOperator? Target { get; set; }

    public bool IsKilled => Volatile.Read(ref _writes) > 0;

    public void Dispose()
    {
        _world.Manager.Changed = null;
        _rule.Dispose();
    }
}
