namespace SealFs.Operator.Api;

/// <summary>The CSI side of a cluster.</summary>
public sealed class CsiSpec
{
    /// <summary>Name of the CSI driver that serves the volumes. Cannot be changed.</summary>
    public string DriverName { get; set; } = "sealfs.csi.sealfs.io";

    /// <summary>StorageClasses that make volumes on this cluster. The operator creates them, and deletes them with the cluster.</summary>
    [ListKey("name")]
    public List<StorageClassSpec>? StorageClasses { get; set; }
}

/// <summary>A StorageClass.</summary>
public sealed class StorageClassSpec
{
    /// <summary>Name of the StorageClass, unique in the Kubernetes cluster.</summary>
    [Needed]
    [Pattern("^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$")]
    public string Name { get; set; } = "";

    /// <summary>Whether it is the one for claims that name none.</summary>
    public bool IsDefault { get; set; }

    /// <summary>Whether a volume is deleted with its claim.</summary>
    [Allowed("Delete", "Retain")]
    public string ReclaimPolicy { get; set; } = "Delete";

    /// <summary>Parameters for the volumes: inodes, chunkSize, inlineLimit, durability. "manager" is filled in.</summary>
    public Dictionary<string, string>? Parameters { get; set; }
}
