using k8s.Models;
using SealFs.Core.Control;
using SealFs.Core.Security;
using SealFs.Operator.Administration;
using SealFs.Operator.Api;
using SealFs.Operator.Certificates;
using SealFs.Operator.Resources;
using SealFs.Operator.Runtime;

namespace SealFs.Operator.Reconciling;

/// <summary>
/// Brings one cluster to what its spec says, a step at a time. It keeps nothing between calls: what to do next follows from what the API server and the manager
/// have, so that an operator that was killed goes on where it was.
/// </summary>
internal sealed class ClusterReconciler(
    ApiConnection api, ClusterCaches caches, CertificateReconciler certificates, EventRecorder events, IClusterAdministrations administrations, TimeProvider clock)
{
    /// <summary>How often a cluster is looked at when nothing happens in Kubernetes: its manager tells nothing by itself.</summary>
    private static readonly TimeSpan s_quiet = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan s_busy = TimeSpan.FromSeconds(2);

    private readonly Applier _applier = new(api, ClusterNames.HashAnnotation);
    private readonly StatusWriter _status = new(api, clock);

    /// <summary>How often a cluster is looked at while something is under way.</summary>
    public TimeSpan Busy { get; init; } = s_busy;

    public async Task<TimeSpan?> ReconcileAsync(ObjectName name, CancellationToken cancellation)
    {
        if (caches.Clusters.Find(name) is not { } cluster)
            return null;
        var task = TaskOf(cluster);
        if (cluster.Metadata.DeletionTimestamp is not null)
            return Finalizers.Has(cluster.Metadata, ClusterNames.Finalizer) ? await DeleteAsync(task, cancellation) : null;
        if (!Finalizers.Has(cluster.Metadata, ClusterNames.Finalizer))
        {
            // The change wakes this again, with the new version.
            caches.Clusters.Put(await Finalizers.AddAsync(api, cluster, ClusterNames.Finalizer, cancellation));
            return null;
        }
        if ((Refusals.Of(cluster.Spec) ?? TlsSwitch.Refusal(task)) is { } refusal)
        {
            await RefuseAsync(task, refusal, cancellation);
            return null;
        }
        return await BringAboutAsync(task, cancellation);
    }

    /// <summary>A reconciliation failed: says so in the status, if that can be written.</summary>
    public async Task FailedAsync(ObjectName name, Exception exception, CancellationToken cancellation)
    {
        if (exception is ApiException { IsTransient: true } || caches.Clusters.Find(name) is not { } cluster)
            return;
        var task = TaskOf(cluster);
        var changed = false;
        await _status.WriteAsync(
            task,
            status =>
            {
                changed = _status.Set(status, "Degraded", true, "ReconcileFailed", exception.Message);
                status.Phase = "Degraded";
            },
            cancellation);
        if (changed)
            await task.WarnAsync("ReconcileFailed", exception.Message, cancellation);
    }

    private ClusterTask TaskOf(SealFsCluster cluster)
    {
        var service = caches.Services.Find(new ObjectName(cluster.Metadata.NamespaceProperty, new ClusterNames(cluster).Manager));
        var names = new ClusterNames(cluster, service?.Spec.ClusterIP is { Length: > 0 } ip && ip != "None" ? ip : null);
        return new ClusterTask(cluster, names, caches, api, _applier, events, administrations, clock);
    }

    private async Task<TimeSpan?> BringAboutAsync(ClusterTask task, CancellationToken cancellation)
    {
        if (task.Names.ManagerAddress.Length == 0)
        {
            // Everything else has the address in it. The Service that comes back has it, and wakes this again.
            await task.EnsureAsync(PlainObjects.ManagerService(task.Names), caches.Services, cancellation);
            return Busy;
        }
        if (!await CertifyAsync(task, cancellation))
            return s_quiet;
        await LookAsync(task, cancellation);
        var expectedNodes = ExpectedNodes(task);
        await EnsurePlainAsync(task, expectedNodes, cancellation);
        await EnsureManagerAsync(task, expectedNodes, cancellation);
        var replicas = await EnsureNodesAsync(task, cancellation);
        await Departures.CleanUpAsync(task, replicas, cancellation);
        await _status.WriteAsync(task, status => _status.Fill(task, status, replicas), cancellation);
        if (task.Upgrading is null && Conditions.IsTrue(task.Cluster.Status?.Conditions, "Upgrading"))
            await task.TellAsync("UpgradeFinished", $"All nodes of {task.Names.Nodes} run the new template", cancellation);
        var settled = task is { View: { IsMapBuilt: true, ShardsMoving: 0, ShardsWaitingToMove: 0 }, Draining: null, Upgrading: null };
        return settled ? s_quiet : Busy;
    }

    /// <summary>Pods cannot start, and nobody can talk to the manager, before the Secrets are there.</summary>
    /// <returns>False when there is no CA: the status says why.</returns>
    private async Task<bool> CertifyAsync(ClusterTask task, CancellationToken cancellation)
    {
        var found = await certificates.ReconcileAsync(task, cancellation);
        if (found is not null)
        {
            task.Credentials = Credentials.FromPem(found.Bundle, found.Admin.Certificate, found.Admin.Key, $"Secret {task.Names.TlsSecret(CertificateRole.Admin)}");
            task.Certificates = found.Status;
        }
        else if (task.Problems is [var problem, ..])
        {
            await RefuseAsync(task, problem, cancellation);
            return false;
        }
        return true;
    }

    private static async Task LookAsync(ClusterTask task, CancellationToken cancellation)
    {
        if (task.ManagerSet is null)
        {
            task.ManagerProblem = "it is being created";
            return;
        }
        try
        {
            task.View = await task.Administration.ViewAsync(cancellation);
        }
        catch (ControlException exception)
        {
            task.ManagerProblem = exception.Message;
        }
    }

    /// <summary>How many nodes the first map waits for. Fixed when it is built: later the number of nodes is nothing that the manager must be told.</summary>
    private static int ExpectedNodes(ClusterTask task)
    {
        var recorded = task.Caches.Configs.Find(new ObjectName(task.Names.Namespace, task.Names.Config))?.Data?.TryGetValue("expected-nodes", out var text) == true
            && int.TryParse(text, out var number) ? number : 0;
        return recorded > 0 && task.View is not { IsMapBuilt: false } ? recorded : task.Spec.StorageNodes.Replicas;
    }

    private async Task EnsurePlainAsync(ClusterTask task, int expectedNodes, CancellationToken cancellation)
    {
        var names = task.Names;
        await task.EnsureAsync(PlainObjects.ServiceAccount(names), caches.Accounts, cancellation);
        await task.EnsureAsync(PlainObjects.Config(names, task.Cluster, expectedNodes), caches.Configs, cancellation);
        await task.EnsureAsync(PlainObjects.ManagerService(names), caches.Services, cancellation);
        await task.EnsureAsync(PlainObjects.NodeService(names), caches.Services, cancellation);

        if (caches.HasBudgets)
            await EnsureBudgetsAsync(task, cancellation);
        foreach (var one in task.Spec.Csi.StorageClasses ?? [])
            await task.EnsureAsync(PlainObjects.StorageClass(names, task.Cluster, one), caches.Classes, cancellation);
        if (task.Spec.Monitoring.ServiceMonitor)
            await EnsureMonitorAsync(task, cancellation);
    }

    /// <summary>While anything is in trouble, nobody may take a node away; otherwise one at a time.</summary>
    private async Task EnsureBudgetsAsync(ClusterTask task, CancellationToken cancellation)
    {
        var names = task.Names;
        var well = task.View is { IsMapBuilt: true, ShardsUnavailable: 0 } && task.View.Nodes.All(node => node.IsLive);
        await task.EnsureAsync(PlainObjects.Budget(names, names.Manager, "manager", 1), caches.Budgets, cancellation);
        await task.EnsureAsync(PlainObjects.Budget(names, names.Nodes, "node", well ? 1 : 0), caches.Budgets, cancellation);
    }

    private async Task EnsureMonitorAsync(ClusterTask task, CancellationToken cancellation)
    {
        var desired = PlainObjects.ServiceMonitor(task.Names);
        try
        {
            await _applier.ApplyAsync(desired, await api.FindAsync<ServiceMonitor>(ObjectName.Of(desired.Metadata), cancellation), cancellation);
        }
        catch (ApiException exception) when (exception.IsNotFound)
        {
            task.Problems.Add(("NoServiceMonitors", "monitoring.serviceMonitor is set, but the Prometheus operator is not installed"));
        }
    }

    private async Task EnsureManagerAsync(ClusterTask task, int expectedNodes, CancellationToken cancellation)
    {
        var claims = caches.Claims.All.Where(claim => task.Names.Owns(claim.Metadata, "manager"));
        var size = await VolumeGrowth.ReconcileAsync(task, task.ManagerSet, "state", task.Spec.Manager.Storage.Size, claims, cancellation);
        if (await VolumeGrowth.ReplaceAsync(task, task.ManagerSet, new Dictionary<string, string> { ["state"] = size }, cancellation))
            return;
        await task.EnsureAsync(StatefulSets.Manager(task.Names, task.Cluster, size, expectedNodes), caches.Sets, cancellation);
    }

    private async Task<int> EnsureNodesAsync(ClusterTask task, CancellationToken cancellation)
    {
        var claims = task.NodeClaims();
        var spec = task.Spec.StorageNodes;
        var sizes = new Dictionary<string, string>
        {
            ["metadata"] = await VolumeGrowth.ReconcileAsync(task, task.NodeSet, "metadata", spec.MetadataVolume.Size, claims, cancellation),
            ["data"] = await VolumeGrowth.ReconcileAsync(task, task.NodeSet, "data", spec.DataVolume.Size, claims, cancellation),
        };
        var replicas = await Departures.ReconcileAsync(task, Present(task), cancellation);
        var shape = new NodeSetShape(replicas, 0, sizes["metadata"], sizes["data"]);
        var templateHash = StatefulSets.Nodes(task.Names, task.Cluster, shape).Metadata.Annotations[ClusterNames.TemplateAnnotation];
        var partition = await Roll.ReconcileAsync(task, task.NodeSet, templateHash, replicas, cancellation);
        if (await VolumeGrowth.ReplaceAsync(task, task.NodeSet, sizes, cancellation))
            return replicas;
        await task.EnsureAsync(StatefulSets.Nodes(task.Names, task.Cluster, shape with { Partition = partition }), caches.Sets, cancellation);
        return replicas;
    }

    /// <summary>How many nodes there are. Without a StatefulSet, which is so for a moment while it is made anew, the pods and disks that are there tell.</summary>
    private static int Present(ClusterTask task)
    {
        if (task.NodeSet is { } set)
            return set.Spec.Replicas ?? 0;
        var ordinals = task.NodePods().Keys.Concat(task.NodeClaims()
            .Where(claim => claim.Metadata.Annotations?.ContainsKey(ClusterNames.LeavingAnnotation) != true).Select(claim => task.Names.Ordinal(claim.Metadata.Name)));
        return Math.Max(task.Spec.StorageNodes.Replicas, ordinals.DefaultIfEmpty(-1).Max() + 1);
    }

    private async Task RefuseAsync(ClusterTask task, (string Reason, string Message) refusal, CancellationToken cancellation)
    {
        var changed = false;
        await _status.WriteAsync(
            task,
            status =>
            {
                changed = _status.Set(status, "Degraded", true, refusal.Reason, refusal.Message);
                _status.Set(status, "Progressing", false, refusal.Reason, "The spec is refused: what runs already goes on as it is");
                status.Phase = "Refused";
            },
            cancellation);
        if (changed)
            await task.WarnAsync(refusal.Reason, refusal.Message, cancellation);
    }

    private async Task<TimeSpan?> DeleteAsync(ClusterTask task, CancellationToken cancellation)
    {
        if (await Deletion.ReconcileAsync(task, certificates, cancellation) is not { } blocked)
            return null;
        var changed = false;
        await _status.WriteAsync(
            task,
            status =>
            {
                changed = _status.Set(status, "DeletionBlocked", true, "VolumesInUse", blocked);
                status.Phase = "Deleting";
            },
            cancellation);
        if (changed)
            await task.WarnAsync("DeletionBlocked", blocked, cancellation);
        return s_quiet;
    }
}
