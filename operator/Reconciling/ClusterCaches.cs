using k8s;
using k8s.Models;
using Microsoft.Extensions.Logging;
using SealFs.Operator.Api;
using SealFs.Operator.Resources;
using SealFs.Operator.Runtime;

namespace SealFs.Operator.Reconciling;

/// <summary>What the operator follows: the clusters, and whatever it has made for them.</summary>
internal sealed class ClusterCaches
{
    private readonly List<Func<CancellationToken, Task>> _runs = [];
    private readonly List<Task> _filled = [];
    private readonly Action<ObjectName> _wake;
    private readonly Reflector<V1PodDisruptionBudget> _budgets;

    public ClusterCaches(ApiConnection api, string space, TimeProvider clock, Random random, ILoggerFactory loggers, Action<ObjectName> wake)
    {
        _wake = wake;
        Clusters = Follow<SealFsCluster>("", cluster => wake(ObjectName.Of(cluster.Metadata)));
        Sets = Follow<V1StatefulSet>(ClusterNames.Selector, WakeOwner);
        Pods = Follow<V1Pod>(ClusterNames.Selector, WakeOwner);
        Claims = Follow<V1PersistentVolumeClaim>(ClusterNames.Selector, WakeOwner);
        Services = Follow<V1Service>(ClusterNames.Selector, WakeOwner);
        Configs = Follow<V1ConfigMap>(ClusterNames.Selector, WakeOwner);
        Accounts = Follow<V1ServiceAccount>(ClusterNames.Selector, WakeOwner);
        _budgets = Following<V1PodDisruptionBudget>(ClusterNames.Selector, WakeOwner, mayBeAbsent: true);
        Classes = Follow<V1StorageClass>(ClusterNames.Selector, WakeOwner);

        ObjectCache<T> Follow<T>(string selector, Action<T> changed)
            where T : class, IKubernetesObject<V1ObjectMeta> => Following(selector, changed, mayBeAbsent: false).Cache;

        Reflector<T> Following<T>(string selector, Action<T> changed, bool mayBeAbsent)
            where T : class, IKubernetesObject<V1ObjectMeta>
        {
            var where = typeof(T) == typeof(V1StorageClass) ? "" : space;
            var reflector = new Reflector<T>(api, where, selector, clock, random, loggers.CreateLogger<Reflector<T>>()) { MayBeAbsent = mayBeAbsent };
            reflector.Cache.Changed += changed;
            _runs.Add(reflector.RunAsync);
            _filled.Add(reflector.Cache.Filled);
            return reflector;
        }
    }

    public ObjectCache<SealFsCluster> Clusters { get; }

    public ObjectCache<V1StatefulSet> Sets { get; }

    public ObjectCache<V1Pod> Pods { get; }

    public ObjectCache<V1PersistentVolumeClaim> Claims { get; }

    public ObjectCache<V1Service> Services { get; }

    public ObjectCache<V1ConfigMap> Configs { get; }

    public ObjectCache<V1ServiceAccount> Accounts { get; }

    public ObjectCache<V1PodDisruptionBudget> Budgets => _budgets.Cache;

    /// <summary>Kubernetes before 1.21 has them in a version that has gone since: clusters do without there.</summary>
    public bool HasBudgets => !_budgets.IsAbsent;

    public ObjectCache<V1StorageClass> Classes { get; }

    public Task Filled => Task.WhenAll(_filled);

    public Task RunAsync(CancellationToken cancellation) => Task.WhenAll(_runs.Select(run => run(cancellation)));

    private void WakeOwner<T>(T value)
        where T : IKubernetesObject<V1ObjectMeta>
    {
        if (value.Metadata.Labels?.TryGetValue(ClusterNames.InstanceLabel, out var cluster) != true)
            return;
        var space = value.Metadata.NamespaceProperty ?? (value.Metadata.Labels.TryGetValue(ClusterNames.NamespaceLabel, out var labelled) ? labelled : "");
        _wake(new ObjectName(space, cluster!));
    }
}
