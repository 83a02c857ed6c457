namespace SealFs.Operator.Api;

/// <summary>How managers, storage nodes and clients reach each other.</summary>
public sealed class NetworkSpec
{
    /// <summary>
    /// names: by the names that the DNS of the Kubernetes cluster gives Services and pods. ips: without DNS; the manager has the address of its Service, which stays the same, and every storage
    /// node tells the manager the address of its pod whenever it starts. Cannot be changed: PersistentVolumes have the manager's address in their handles.
    /// </summary>
    [Allowed("names", "ips")]
    public string Addresses { get; set; } = "names";
}
