using SealFs.Operator.Api;

namespace SealFs.Operator.Reconciling;

/// <summary>What the resource can say and this version cannot do. Refusing it is better than doing something else.</summary>
internal static class Refusals
{
    public static (string Reason, string Message)? Of(ClusterSpec spec)
    {
        if (spec.Replication.Copies > 1)
            return ("ReplicationNotSupported", $"replication.copies is {spec.Replication.Copies}, but this version keeps one copy of everything: set it to 1");
        if (spec.Security.DataPlaneTls)
            return ("DataPlaneTlsNotSupported", "This version has TLS for the control plane alone: set security.dataPlaneTls to false, and keep others away from the storage nodes with network policies");
        if (spec.Manager.Replicas > 1)
            return ("SeveralManagersNotSupported", $"manager.replicas is {spec.Manager.Replicas}, but this version runs one manager: set it to 1");
        if (spec.Manager.Store.Type != "embedded")
            return ("StoreNotSupported", $"manager.store.type is {spec.Manager.Store.Type}, but this version has only the embedded store");
        if (spec.StorageNodes.Engine != "file")
            return ("EngineNotSupported", $"storageNodes.engine is {spec.StorageNodes.Engine}, but this version has only file");
        return null;
    }
}
