using k8s.Models;
using SealFs.Operator.Resources;

namespace SealFs.Operator.Reconciling;

/// <summary>
/// The change between none and TLS, which is refused: the manager speaks the one or the other, and every node and every mount would be cut off until it was restarted. The definition has a rule for it; this is for API
/// servers that know no rules.
/// </summary>
internal static class TlsSwitch
{
    public static (string Reason, string Message)? Refusal(ClusterTask task)
    {
        if (task.ManagerSet?.Spec.Template.Spec is not { } pod)
            return null;
        var has = pod.Volumes?.Any(volume => volume.Name == StatefulSets.TlsVolume) == true;
        var wants = task.Spec.Security.Tls != "none";
        return has == wants ? null
            : ("TlsCannotChange", $"security.tls is {task.Spec.Security.Tls}, but the cluster was made {(has ? "with" : "without")} TLS: set it back to {(has ? "auto" : "none")}");
    }
}
