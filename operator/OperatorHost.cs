using k8s;
using Microsoft.Extensions.Logging;
using SealFs.Operator.Administration;
using SealFs.Operator.Certificates;
using SealFs.Operator.Reconciling;
using SealFs.Operator.Resources;
using SealFs.Operator.Runtime;

namespace SealFs.Operator;

/// <summary>The operator: follows clusters and what belongs to them, and brings about what they say, while it holds the lease.</summary>
public sealed class OperatorHost(
    Kubernetes client, IClusterAdministrations administrations, OperatorOptions options, TimeProvider clock, ILoggerFactory loggers)
{
    private Controller? _controller;

    public bool IsLeader { get; private set; }

    /// <summary>Reconciliations of this operator that have ended, while it leads.</summary>
    public long Rounds => _controller?.Rounds ?? 0;

    /// <summary>Goes on until it is cancelled, and gives the lease back then.</summary>
    public Task RunAsync(CancellationToken cancellation)
    {
        var api = new ApiConnection(client, ClusterNames.ManagedBy, clock);
        var lease = new ObjectName(options.LeaseNamespace, options.LeaseName);
        return new LeaderElector(api, lease, options.Identity, options.LeaderTimes, clock, loggers.CreateLogger<LeaderElector>())
            .RunAsync(leading => LeadAsync(api, leading), cancellation);
    }

    private async Task LeadAsync(ApiConnection api, CancellationToken cancellation)
    {
        using var queue = new WorkQueue<ObjectName>(clock, new BackOff(RuntimeLimits.RetryAtLeast, RuntimeLimits.RetryAtMost, options.Random));
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        var caches = new ClusterCaches(api, options.WatchNamespace, clock, options.Random, loggers, queue.Add);
        var events = new EventRecorder(api, ClusterNames.ManagedBy, options.Identity, clock, loggers.CreateLogger<EventRecorder>());
        var secrets = new SecretCache(api, options.Certificates.SecretsMaxAge, clock);
        var driver = new DriverSecrets(api, secrets, caches.Clusters, options.Certificates, seesAllClusters: options.WatchNamespace.Length == 0);
        var certificates = new CertificateReconciler(secrets, driver, options.Certificates, clock);
        var reconciler = new ClusterReconciler(api, caches, certificates, events, administrations, clock) { Busy = options.BusyInterval };
        var following = caches.RunAsync(stop.Token);
        IsLeader = true;
        try
        {
            // Before the caches are complete, something that exists would look as if it did not.
            await caches.Filled.WaitAsync(cancellation);
            _controller = new Controller("SealFsCluster", queue, (name, token) => TryAsync(reconciler, name, token), loggers.CreateLogger<Controller>());
            await _controller.RunAsync(options.Workers, cancellation);
        }
        finally
        {
            IsLeader = false;
            await stop.CancelAsync();
            await following;
        }
    }

    private static async Task<TimeSpan?> TryAsync(ClusterReconciler reconciler, ObjectName name, CancellationToken cancellation)
    {
        try
        {
            return await reconciler.ReconcileAsync(name, cancellation);
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            await TellAsync(reconciler, name, exception, cancellation);
            throw;
        }
    }

    private static async Task TellAsync(ClusterReconciler reconciler, ObjectName name, Exception exception, CancellationToken cancellation)
    {
        try
        {
            await reconciler.FailedAsync(name, exception, cancellation);
        }
        catch (ApiException)
        {
            // The first failure is the one to log; the status says so as soon as it can be written.
        }
    }
}
