using k8s.Models;

namespace SealFs.Operator.Api;

/// <summary>The manager of a cluster.</summary>
public sealed class ManagerSpec
{
    /// <summary>Number of managers. This version runs one; clients and nodes go on with their last map while it restarts.</summary>
    [Between(1, 7)]
    public int Replicas { get; set; } = 1;

    /// <summary>Where the manager keeps its state.</summary>
    public StoreSpec Store { get; set; } = new();

    /// <summary>The manager's disk, for the embedded store.</summary>
    public VolumeSpec Storage { get; set; } = new() { Size = "1Gi" };

    /// <summary>Requests and limits of the manager's container, as in a pod.</summary>
    public V1ResourceRequirements? Resources { get; set; }
}

/// <summary>Where the manager keeps its state.</summary>
[Rule("self.type != 'etcd' || (has(self.etcd) && size(self.etcd.endpoints) > 0)", "a store of type etcd needs etcd.endpoints")]
public sealed class StoreSpec
{
    /// <summary>embedded: in a file on the manager's disk, with nothing beside it. etcd: in an etcd cluster, for several managers; not supported by this version.</summary>
    [Allowed("embedded", "etcd")]
    public string Type { get; set; } = "embedded";

    /// <summary>The etcd cluster.</summary>
    public EtcdSpec? Etcd { get; set; }
}

/// <summary>An etcd cluster.</summary>
public sealed class EtcdSpec
{
    /// <summary>URLs of its members.</summary>
    [Needed]
    public List<string> Endpoints { get; set; } = [];

    /// <summary>Name of a Secret with ca.crt, tls.crt and tls.key for it.</summary>
    public string? SecretRef { get; set; }
}

/// <summary>A disk that a PersistentVolumeClaim asks for.</summary>
public sealed class VolumeSpec
{
    /// <summary>StorageClass; the default one of the Kubernetes cluster when absent. Cannot be changed later.</summary>
    public string? StorageClassName { get; set; }

    /// <summary>Size of the disk of each node. Can be raised later, when the StorageClass allows expansion, and never lowered.</summary>
    [Pattern("^[0-9]+(\\.[0-9]+)?(Ki|Mi|Gi|Ti|Pi|k|M|G|T|P)?$")]
    public string Size { get; set; } = "10Gi";
}
