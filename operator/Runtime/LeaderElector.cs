using k8s.Models;
using Microsoft.Extensions.Logging;

namespace SealFs.Operator.Runtime;

/// <summary>How long a leader may go unheard, and how often it speaks.</summary>
public sealed record LeaderTimes(TimeSpan Lease, TimeSpan RenewDeadline, TimeSpan Retry)
{
    public static LeaderTimes Default { get; } = new(TimeSpan.FromSeconds(15), TimeSpan.FromSeconds(10), TimeSpan.FromSeconds(2));
}

/// <summary>
/// Leads while it holds a Lease. Others count the lease's time from when they saw it change, by their own clocks, so that clocks need not agree. A leader that could not
/// renew for the renew deadline, which is shorter than the lease, stops before another can begin. Whoever is asked to stop gives the lease back.
/// </summary>
public sealed partial class LeaderElector(ApiConnection api, ObjectName lease, string identity, LeaderTimes times, TimeProvider clock, ILogger logger)
{
    private string _seenVersion = "";
    private long _seenAt;
    private long _renewedAt;

    public bool IsLeader { get; private set; }

    /// <summary>Calls <paramref name="lead"/> each time that the lease was won; its token is cancelled when the lease is lost. Ends when cancelled, and the lease is free then.</summary>
    public async Task RunAsync(Func<CancellationToken, Task> lead, CancellationToken cancellation)
    {
        while (!cancellation.IsCancellationRequested)
        {
            if (await TryAsync(cancellation))
                await LeadAsync(lead, cancellation);
            await DelayAsync(cancellation);
        }
    }

    private async Task LeadAsync(Func<CancellationToken, Task> lead, CancellationToken cancellation)
    {
        LogLeads(identity, lease);
        IsLeader = true;
        using var leading = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        var work = lead(leading.Token);
        try
        {
            while (!cancellation.IsCancellationRequested && !work.IsCompleted && !(clock.GetElapsedTime(_renewedAt) > times.RenewDeadline))
            {
                await DelayAsync(cancellation);
                if (!cancellation.IsCancellationRequested)
                    await TryAsync(cancellation);
            }
        }
        finally
        {
            await leading.CancelAsync();
            IsLeader = false;
        }
        try
        {
            await work;
        }
        catch (OperationCanceledException)
        {
        }
        if (cancellation.IsCancellationRequested)
            await ReleaseAsync();
        else
            LogLost(identity, lease);
    }

    /// <summary>Takes or renews the lease. False: another holds it, or the API server did not answer.</summary>
    private async Task<bool> TryAsync(CancellationToken cancellation)
    {
        // Before the request: its answer may be late, and the others count from when it was written.
        var begun = clock.GetTimestamp();
        using var limit = new CancellationTokenSource(times.Retry * 2, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellation);
        try
        {
            if (await api.FindAsync<V1Lease>(lease, either.Token) is not { } known)
                await api.CreateAsync(Build(null), either.Token);
            else if (MayTake(known))
                await api.ReplaceAsync(Build(known), "", either.Token);
            else
                return false;
            _renewedAt = begun;
            return true;
        }
        catch (Exception exception) when (exception is ApiException or OperationCanceledException)
        {
            if (!cancellation.IsCancellationRequested)
                LogFailed(lease, exception.Message);
            return false;
        }
    }

    private bool MayTake(V1Lease known)
    {
        if (known.Metadata.ResourceVersion != _seenVersion)
        {
            _seenVersion = known.Metadata.ResourceVersion;
            _seenAt = clock.GetTimestamp();
        }
        var holder = known.Spec?.HolderIdentity;
        return string.IsNullOrEmpty(holder) || holder == identity
            || clock.GetElapsedTime(_seenAt) > TimeSpan.FromSeconds(known.Spec!.LeaseDurationSeconds ?? times.Lease.TotalSeconds);
    }

    private V1Lease Build(V1Lease? known)
    {
        var now = clock.GetUtcNow().UtcDateTime;
        var isOurs = known?.Spec?.HolderIdentity == identity;
        return new V1Lease
        {
            ApiVersion = "coordination.k8s.io/v1",
            Kind = "Lease",
            Metadata = known?.Metadata ?? new V1ObjectMeta { Name = lease.Name, NamespaceProperty = lease.Namespace },
            Spec = new V1LeaseSpec
            {
                HolderIdentity = identity,
                LeaseDurationSeconds = (int)Math.Ceiling(times.Lease.TotalSeconds),
                AcquireTime = isOurs ? known!.Spec.AcquireTime : now,
                RenewTime = now,
                LeaseTransitions = (known?.Spec?.LeaseTransitions ?? 0) + (isOurs || known is null ? 0 : 1),
            },
        };
    }

    private async Task ReleaseAsync()
    {
        using var limit = new CancellationTokenSource(times.Retry, clock);
        try
        {
            var known = await api.GetAsync<V1Lease>(lease, limit.Token);
            if (known.Spec?.HolderIdentity != identity)
                return;
            known.Spec.HolderIdentity = "";
            known.Spec.LeaseDurationSeconds = 1;
            await api.ReplaceAsync(known, "", limit.Token);
            LogReleased(identity, lease);
        }
        catch (Exception exception) when (exception is ApiException or OperationCanceledException)
        {
            // Nothing is lost: it runs out.
            LogFailed(lease, exception.Message);
        }
    }

    private async Task DelayAsync(CancellationToken cancellation)
    {
        try
        {
            await Task.Delay(times.Retry, clock, cancellation);
        }
        catch (OperationCanceledException)
        {
        }
    }

    [LoggerMessage(9106, LogLevel.Information, "{Identity} leads: it holds the lease {Lease}.")]
    private partial void LogLeads(string identity, ObjectName lease);

    [LoggerMessage(9107, LogLevel.Warning, "{Identity} has lost the lease {Lease}, and stops what it was doing.")]
    private partial void LogLost(string identity, ObjectName lease);

    [LoggerMessage(9108, LogLevel.Information, "{Identity} has given back the lease {Lease}.")]
    private partial void LogReleased(string identity, ObjectName lease);

    [LoggerMessage(9109, LogLevel.Warning, "The lease {Lease}: {Problem}")]
    private partial void LogFailed(ObjectName lease, string problem);
}
