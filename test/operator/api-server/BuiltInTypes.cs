namespace SealFs.Testing.Kubernetes;

/// <summary>What this server serves without a CustomResourceDefinition.</summary>
internal static class BuiltInTypes
{
    private static readonly ScalePaths s_scale = new("spec.replicas", "status.replicas", "spec.selector");

    public static readonly IReadOnlyList<ResourceType> All =
    [
        new("", "v1", "namespaces", "Namespace", false) { HasStatus = true, ShortNames = ["ns"] },
        new("", "v1", "nodes", "Node", false) { HasStatus = true, ShortNames = ["no"] },
        new("", "v1", "pods", "Pod", true) { HasStatus = true, ShortNames = ["po"] },
        new("", "v1", "services", "Service", true) { HasStatus = true, ShortNames = ["svc"] },
        new("", "v1", "configmaps", "ConfigMap", true) { ShortNames = ["cm"] },
        new("", "v1", "secrets", "Secret", true),
        new("", "v1", "serviceaccounts", "ServiceAccount", true) { ShortNames = ["sa"] },
        new("", "v1", "persistentvolumes", "PersistentVolume", false) { HasStatus = true, ShortNames = ["pv"] },
        new("", "v1", "persistentvolumeclaims", "PersistentVolumeClaim", true) { HasStatus = true, ShortNames = ["pvc"] },
        new("", "v1", "events", "Event", true) { ShortNames = ["ev"] },
        new("events.k8s.io", "v1", "events", "Event", true),
        new("apps", "v1", "statefulsets", "StatefulSet", true) { HasStatus = true, Scale = s_scale, ShortNames = ["sts"] },
        new("apps", "v1", "deployments", "Deployment", true) { HasStatus = true, Scale = s_scale, ShortNames = ["deploy"] },
        new("apps", "v1", "daemonsets", "DaemonSet", true) { HasStatus = true, ShortNames = ["ds"] },
        new("apps", "v1", "controllerrevisions", "ControllerRevision", true),
        new("policy", "v1", "poddisruptionbudgets", "PodDisruptionBudget", true) { HasStatus = true, ShortNames = ["pdb"] },
        new("coordination.k8s.io", "v1", "leases", "Lease", true),
        new("storage.k8s.io", "v1", "storageclasses", "StorageClass", false) { ShortNames = ["sc"] },
        new("storage.k8s.io", "v1", "csidrivers", "CSIDriver", false),
        new("storage.k8s.io", "v1", "volumeattachments", "VolumeAttachment", false) { HasStatus = true },
        new("rbac.authorization.k8s.io", "v1", "roles", "Role", true),
        new("rbac.authorization.k8s.io", "v1", "rolebindings", "RoleBinding", true),
        new("rbac.authorization.k8s.io", "v1", "clusterroles", "ClusterRole", false),
        new("rbac.authorization.k8s.io", "v1", "clusterrolebindings", "ClusterRoleBinding", false),
        new("apiextensions.k8s.io", "v1", "customresourcedefinitions", "CustomResourceDefinition", false) { HasStatus = true, ShortNames = ["crd", "crds"] },
    ];
}
