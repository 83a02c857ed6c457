using k8s;
using k8s.Models;
using SealFs.Core.Security;
using SealFs.Operator.Administration;
using SealFs.Operator.Api;
using SealFs.Operator.Resources;
using SealFs.Operator.Runtime;

namespace SealFs.Operator.Reconciling;

/// <summary>One reconciliation of one cluster: what is known, what is found out on the way, and the ways to act.</summary>
internal sealed class ClusterTask(
    SealFsCluster cluster, ClusterNames names, ClusterCaches caches, ApiConnection api, Applier applier, EventRecorder events, IClusterAdministrations administrations,
    TimeProvider clock)
{
    public SealFsCluster Cluster => cluster;

    public DateTimeOffset Now => clock.GetUtcNow();

    public ClusterSpec Spec => cluster.Spec;

    public ClusterNames Names => names;

    public ClusterCaches Caches => caches;

    public ApiConnection Api => api;

    public IClusterAdministration Administration => administrations.Of(names.ManagerAddress, Credentials);

    /// <summary>With what the operator shows itself to the manager; null without TLS.</summary>
    public Credentials? Credentials { get; set; }

    /// <summary>What there is to say of certificates; null without TLS.</summary>
    public CertificatesStatus? Certificates { get; set; }

    /// <summary>What the manager said; null when it does not answer.</summary>
    public ClusterView? View { get; set; }

    /// <summary>Why the manager does not answer.</summary>
    public string ManagerProblem { get; set; } = "";

    /// <summary>What wants attention, as (reason, message).</summary>
    public List<(string Reason, string Message)> Problems { get; } = [];

    /// <summary>Set while nodes are emptied.</summary>
    public (string Reason, string Message)? Draining { get; set; }

    /// <summary>Set while a roll is under way.</summary>
    public (string Reason, string Message)? Upgrading { get; set; }

    public V1StatefulSet? NodeSet => caches.Sets.Find(new ObjectName(Names.Namespace, Names.Nodes));

    public V1StatefulSet? ManagerSet => caches.Sets.Find(new ObjectName(Names.Namespace, Names.Manager));

    /// <summary>The storage nodes' pods by ordinal.</summary>
    public Dictionary<int, V1Pod> NodePods() => caches.Pods.All.Where(pod => Names.Owns(pod.Metadata, "node") && Names.Ordinal(pod.Metadata.Name) >= 0)
        .ToDictionary(pod => Names.Ordinal(pod.Metadata.Name));

    /// <summary>The storage nodes' claims.</summary>
    public IReadOnlyList<V1PersistentVolumeClaim> NodeClaims() =>
        [.. caches.Claims.All.Where(claim => Names.Owns(claim.Metadata, "node") && Names.Ordinal(claim.Metadata.Name) >= 0)];

    public Task TellAsync(string reason, string message, CancellationToken cancellation) => events.RecordAsync(cluster, false, reason, message, cancellation);

    public Task WarnAsync(string reason, string message, CancellationToken cancellation) => events.RecordAsync(cluster, true, reason, message, cancellation);

    /// <summary>Makes an object what it should be, and writes only when it is not.</summary>
    public async Task<T> EnsureAsync<T>(T desired, ObjectCache<T> cache, CancellationToken cancellation)
        where T : class, IKubernetesObject<V1ObjectMeta>
    {
        var name = ObjectName.Of(desired.Metadata);
        var live = cache.Find(name);
        var present = live ?? await api.FindAsync<T>(name, cancellation);

        // It goes, and is made anew when it has gone: the watch will tell.
        if (present?.Metadata.DeletionTimestamp is not null)
            return present;
        if (live is null && present is not null && !IsOurs(present.Metadata, desired.Metadata))
            throw new InvalidOperationException($"{ResourceKind.Of<T>().Kind} {name} exists and does not belong to this cluster: delete it, or give the cluster another name.");
        var (value, written) = await applier.ApplyAsync(desired, live, cancellation);
        if (written)
            cache.Put(value);
        if (written && live is null)
            await TellAsync("Created", $"{ResourceKind.Of<T>().Kind} {desired.Metadata.Name} was created", cancellation);
        return value;
    }

    private static bool IsOurs(V1ObjectMeta present, V1ObjectMeta desired) => desired.OwnerReferences is { Count: > 0 } owners
        ? present.OwnerReferences?.Any(owner => owner.Uid == owners[0].Uid) == true
        : present.Labels?.TryGetValue(ClusterNames.NamespaceLabel, out var space) == true && space == desired.Labels[ClusterNames.NamespaceLabel]
            && present.Labels.TryGetValue(ClusterNames.InstanceLabel, out var cluster) && cluster == desired.Labels[ClusterNames.InstanceLabel];
}
