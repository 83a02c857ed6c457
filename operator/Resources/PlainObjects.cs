using k8s.Models;
using SealFs.Operator.Api;

namespace SealFs.Operator.Resources;

/// <summary>The objects of a cluster that simply are as the spec says.</summary>
internal static class PlainObjects
{
    public static V1ServiceAccount ServiceAccount(ClusterNames names) => new()
    {
        Metadata = names.Metadata(names.Cluster, "cluster"),

        // Manager and nodes ask the Kubernetes API nothing: they need no token, and no role.
        AutomountServiceAccountToken = false,
    };

    /// <summary>What commands in the pods find as /etc/sealfs/config.yaml.</summary>
    /// <param name="names">Of the cluster.</param>
    /// <param name="cluster">The cluster.</param>
    /// <param name="expectedNodes">How many nodes the first map waits for.</param>
    public static V1ConfigMap Config(ClusterNames names, SealFsCluster cluster, int expectedNodes) => new()
    {
        Metadata = names.Metadata(names.Config, "cluster"),
        Data = new Dictionary<string, string>
        {
            ["config.yaml"] = $"manager: {names.ManagerAddress}\nlog-json: true\ncommands:\n  manager:\n    shards: {cluster.Spec.Shards}\n    expected-nodes: {expectedNodes}\n",
            ["expected-nodes"] = $"{expectedNodes}",
        },
    };

    /// <summary>With names, the pod's own address is behind its name. Without, the Service has an address of its own, and one that was given out once is asked for again.</summary>
    public static V1Service ManagerService(ClusterNames names) => Service(
        names, names.UsesIps ? names.FixedManagerIp : "None", names.Manager, "manager", ("control", ClusterNames.ControlPort), ("metrics", ClusterNames.ManagerMetricsPort));

    public static V1Service NodeService(ClusterNames names) => Service(names, "None", names.Nodes, "node", ("data", ClusterNames.DataPort), ("metrics", ClusterNames.NodeMetricsPort));

    public static V1PodDisruptionBudget Budget(ClusterNames names, string name, string component, int mayBeAway) => new()
    {
        Metadata = names.Metadata(name, component),
        Spec = new V1PodDisruptionBudgetSpec
        {
            MaxUnavailable = mayBeAway,
            Selector = new V1LabelSelector { MatchLabels = names.Labels(component) },
        },
    };

    public static V1StorageClass StorageClass(ClusterNames names, SealFsCluster cluster, StorageClassSpec spec)
    {
        var labels = names.Labels("storage-class");
        labels[ClusterNames.NamespaceLabel] = names.Namespace;
        return new V1StorageClass
        {
            // Owned by nobody: what has no namespace cannot be owned by what has one.
            Metadata = new V1ObjectMeta
            {
                Name = spec.Name,
                Labels = labels,
                Annotations = new Dictionary<string, string> { ["storageclass.kubernetes.io/is-default-class"] = spec.IsDefault ? "true" : "false" },
            },
            Provisioner = cluster.Spec.Csi.DriverName,
            ReclaimPolicy = spec.ReclaimPolicy,
            VolumeBindingMode = "Immediate",
            AllowVolumeExpansion = true,
            Parameters = new Dictionary<string, string>(spec.Parameters ?? []) { ["manager"] = names.ManagerAddress },
        };
    }

    public static ServiceMonitor ServiceMonitor(ClusterNames names)
    {
        var labels = names.Labels("cluster");
        labels.Remove(ClusterNames.ComponentLabel);
        return new ServiceMonitor
        {
            Metadata = names.Metadata(names.Cluster, "cluster"),
            Spec = new ServiceMonitorSpec
            {
                Selector = new V1LabelSelector { MatchLabels = labels },
                Endpoints = [new ServiceMonitorEndpoint { Port = "metrics" }],
            },
        };
    }

    private static V1Service Service(ClusterNames names, string? ip, string name, string component, params (string Name, int Port)[] ports) => new()
    {
        Metadata = names.Metadata(name, component),
        Spec = new V1ServiceSpec
        {
            Type = "ClusterIP",
            ClusterIP = ip,

            // A node that starts must find the manager, and the manager's name must not go while it restarts.
            PublishNotReadyAddresses = true,
            Selector = names.Labels(component),
            Ports = [.. ports.Select(port => new V1ServicePort { Name = port.Name, Port = port.Port, TargetPort = port.Name, Protocol = "TCP" })],
        },
    };
}
