using System.Security.Cryptography;
using System.Text;
using k8s;
using k8s.Models;
using SealFs.Core.Security;
using SealFs.Operator.Api;
using SealFs.Operator.Runtime;

namespace SealFs.Operator.Resources;

/// <summary>The StatefulSets of manager and storage nodes.</summary>
internal static class StatefulSets
{
    /// <summary>The volume with the pod's certificate.</summary>
    public const string TlsVolume = "tls";

    private const long UserId = 10_001;

    /// <summary>Where the Secret with the pod's certificate is mounted. Not below /etc/sealfs, which cannot be written to.</summary>
    private const string TlsFolder = "/etc/sealfs-tls";

    /// <summary>Readable for the pod's group, and nobody else.</summary>
    private const int SecretMode = 0b100_100_000;

    /// <param name="names">Of the cluster.</param>
    /// <param name="cluster">The cluster.</param>
    /// <param name="size">Of the manager's disk, in the claim template.</param>
    /// <param name="expectedNodes">Restarts the manager when it changes, which it does only before the first map.</param>
    public static V1StatefulSet Manager(ClusterNames names, SealFsCluster cluster, string size, int expectedNodes)
    {
        var spec = cluster.Spec.Manager;
        var container = Container(cluster, "manager", spec.Resources, ClusterNames.ManagerMetricsPort, ("control", ClusterNames.ControlPort), ("state", "/var/lib/sealfs/manager"));
        container.Args =
        [
            "manager", "--data-dir", "/var/lib/sealfs/manager/state", "--listen", $"0.0.0.0:{ClusterNames.ControlPort}", "--metrics-port", $"{ClusterNames.ManagerMetricsPort}",
            .. Security(cluster),
        ];
        var template = Template(names, cluster, CertificateRole.Manager, container);
        template.Metadata.Annotations = new Dictionary<string, string> { ["sealfs.io/expected-nodes"] = $"{expectedNodes}" };
        return Set(names, names.Manager, "manager", 1, 0, template, Claim("state", spec.Storage.StorageClassName, size));
    }

    /// <param name="names">Of the cluster.</param>
    /// <param name="cluster">The cluster.</param>
    /// <param name="shape">What is decided step by step.</param>
    public static V1StatefulSet Nodes(ClusterNames names, SealFsCluster cluster, NodeSetShape shape)
    {
        var spec = cluster.Spec.StorageNodes;
        var container = Container(
            cluster, "node", spec.Resources, ClusterNames.NodeMetricsPort, ("data", ClusterNames.DataPort), ("metadata", "/var/lib/sealfs/metadata"), ("data", "/var/lib/sealfs/data"));
        container.Env.Add(FromPod("POD_NAME", "metadata.name"));
        if (names.UsesIps)
            container.Env.Add(FromPod("POD_IP", "status.podIP"));
        container.Args =
        [
            "node", "--manager", names.ManagerAddress, "--name", "$(POD_NAME)", "--listen", $"0.0.0.0:{ClusterNames.DataPort}",
            "--advertise", names.AdvertisedAddress, "--metadata-dir", "/var/lib/sealfs/metadata/store",
            "--data-dir", "/var/lib/sealfs/data/chunks", "--unix-socket", "off", "--metrics-port", $"{ClusterNames.NodeMetricsPort}", .. Security(cluster),
        ];
        var template = Template(names, cluster, CertificateRole.Node, container);
        template.Spec.NodeSelector = spec.NodeSelector;
        template.Spec.Tolerations = spec.Tolerations;
        template.Spec.Affinity = spec.Affinity ?? Apart(names);
        template.Spec.TopologySpreadConstraints = spec.TopologySpreadConstraints;
        template.Spec.PriorityClassName = spec.PriorityClassName;
        return Set(
            names, names.Nodes, "node", shape.Replicas, shape.Partition, template,
            Claim("metadata", spec.MetadataVolume.StorageClassName, shape.MetadataSize), Claim("data", spec.DataVolume.StorageClassName, shape.DataSize));
    }

    private static V1StatefulSet Set(ClusterNames names, string name, string component, int replicas, int partition, V1PodTemplateSpec template, params V1PersistentVolumeClaim[] claims)
    {
        var metadata = names.Metadata(name, component);
        metadata.Annotations = new Dictionary<string, string> { [ClusterNames.TemplateAnnotation] = Hash(template) };
        return new V1StatefulSet
        {
            Metadata = metadata,
            Spec = new V1StatefulSetSpec
            {
                Replicas = replicas,
                ServiceName = name,

                // A node does not wait for another to be started.
                PodManagementPolicy = "Parallel",
                Selector = new V1LabelSelector { MatchLabels = names.Labels(component) },
                UpdateStrategy = new V1StatefulSetUpdateStrategy { Type = "RollingUpdate", RollingUpdate = new V1RollingUpdateStatefulSetStrategy { Partition = partition } },
                Template = template,
                VolumeClaimTemplates = claims,
            },
        };
    }

    private static V1PodTemplateSpec Template(ClusterNames names, SealFsCluster cluster, CertificateRole role, V1Container container)
    {
        var template = new V1PodTemplateSpec
        {
            Metadata = new V1ObjectMeta { Labels = names.Labels(role.Text()) },
            Spec = new V1PodSpec
            {
                ServiceAccountName = names.Cluster,
                AutomountServiceAccountToken = false,
                EnableServiceLinks = false,

                // Syncing and closing the stores of a busy node takes a while.
                TerminationGracePeriodSeconds = 60,
                SecurityContext = new V1PodSecurityContext
                {
                    RunAsNonRoot = true,
                    RunAsUser = UserId,
                    RunAsGroup = UserId,
                    FsGroup = UserId,
                    FsGroupChangePolicy = "OnRootMismatch",
                    SeccompProfile = new V1SeccompProfile { Type = "RuntimeDefault" },
                },
                Containers = [container],
                Volumes =
                [
                    new V1Volume { Name = "config", ConfigMap = new V1ConfigMapVolumeSource { Name = names.Config } },
                    new V1Volume { Name = "tmp", EmptyDir = new V1EmptyDirVolumeSource() },
                ],
            },
        };
        if (HasTls(cluster))
        {
            // The kubelet brings a renewed certificate into the running pod.
            template.Spec.Volumes.Add(new V1Volume { Name = TlsVolume, Secret = new V1SecretVolumeSource { SecretName = names.TlsSecret(role), DefaultMode = SecretMode } });
            container.VolumeMounts.Add(new V1VolumeMount { Name = TlsVolume, MountPath = TlsFolder, ReadOnlyProperty = true });
        }
        return template;
    }

    private static bool HasTls(SealFsCluster cluster) => cluster.Spec.Security.Tls != "none";

    private static string[] Security(SealFsCluster cluster) => HasTls(cluster) ? ["--tls-dir", TlsFolder] : ["--insecure"];

    private static V1Container Container(
        SealFsCluster cluster, string name, V1ResourceRequirements? resources, int metricsPort, (string Name, int Port) port, params (string Volume, string Path)[] mounts) => new()
        {
            Name = name,
            Image = cluster.Spec.Image,
            ImagePullPolicy = cluster.Spec.ImagePullPolicy,
            Resources = resources,
            Env = cluster.Spec.Monitoring.OtlpEndpoint is { Length: > 0 } endpoint ? [new V1EnvVar { Name = "OTEL_EXPORTER_OTLP_ENDPOINT", Value = endpoint }] : [],
            Ports =
            [
                new V1ContainerPort { Name = port.Name, ContainerPort = port.Port, Protocol = "TCP" },
                new V1ContainerPort { Name = "metrics", ContainerPort = metricsPort, Protocol = "TCP" },
            ],
            ReadinessProbe = Probe(failures: 3),
            LivenessProbe = Probe(failures: 12),
            SecurityContext = new V1SecurityContext
            {
                AllowPrivilegeEscalation = false,
                ReadOnlyRootFilesystem = true,
                Capabilities = new V1Capabilities { Drop = ["ALL"] },
            },
            VolumeMounts =
            [
                .. mounts.Select(mount => new V1VolumeMount { Name = mount.Volume, MountPath = mount.Path }),
                new V1VolumeMount { Name = "config", MountPath = "/etc/sealfs", ReadOnlyProperty = true },
                new V1VolumeMount { Name = "tmp", MountPath = "/tmp" },
            ],
        };

    private static V1EnvVar FromPod(string name, string field) =>
        new() { Name = name, ValueFrom = new V1EnvVarSource { FieldRef = new V1ObjectFieldSelector { ApiVersion = "v1", FieldPath = field } } };

    private static V1Probe Probe(int failures) => new()
    {
        HttpGet = new V1HTTPGetAction { Path = "/healthz", Port = "metrics" },
        PeriodSeconds = 5,
        TimeoutSeconds = 3,
        FailureThreshold = failures,
    };

    private static V1PersistentVolumeClaim Claim(string name, string? storageClass, string size) => new()
    {
        ApiVersion = "v1",
        Kind = "PersistentVolumeClaim",
        Metadata = new V1ObjectMeta { Name = name },
        Spec = new V1PersistentVolumeClaimSpec
        {
            AccessModes = ["ReadWriteOnce"],
            StorageClassName = storageClass,
            Resources = new V1VolumeResourceRequirements { Requests = new Dictionary<string, ResourceQuantity> { ["storage"] = new(size) } },
        },
    };

    private static V1Affinity Apart(ClusterNames names) => new()
    {
        PodAntiAffinity = new V1PodAntiAffinity
        {
            PreferredDuringSchedulingIgnoredDuringExecution =
            [
                new V1WeightedPodAffinityTerm
                {
                    Weight = 100,
                    PodAffinityTerm = new V1PodAffinityTerm { TopologyKey = "kubernetes.io/hostname", LabelSelector = new V1LabelSelector { MatchLabels = names.Labels("node") } },
                },
            ],
        },
    };

    private static string Hash(V1PodTemplateSpec template) =>
        Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(ObjectJson.Serialize(template))))[..16];
}
