using System.Collections.Frozen;
using SealFs.Core.Control.V1;
using SealFs.Core.Security;
using static SealFs.Core.Security.CertificateRole;

namespace SealFs.Manager.Tls;

/// <summary>
/// Which role may call what. A call that does not stand here nobody may make. Managers ask nothing of each other yet. A node's registration and heartbeats are the nodes' alone:
/// the answer has the key by which sessions are signed.
/// </summary>
internal static class CallPermissions
{
    private static readonly FrozenDictionary<string, CertificateRole[]> s_table = new Dictionary<string, CertificateRole[]>
    {
        [nameof(Control.ControlBase.RegisterNode)] = [Node],
        [nameof(Control.ControlBase.Heartbeat)] = [Node],
        [nameof(Control.ControlBase.BeginSwitch)] = [Node],
        [nameof(Control.ControlBase.CompleteMove)] = [Node],

        [nameof(Control.ControlBase.GetMap)] = [Node, Client, Admin],
        [nameof(Control.ControlBase.WatchMap)] = [Node, Client, Admin],

        [nameof(Control.ControlBase.GetVolume)] = [Client, Admin],
        [nameof(Control.ControlBase.OpenSession)] = [Client, Admin],
        [nameof(Control.ControlBase.RenewSession)] = [Client, Admin],
        [nameof(Control.ControlBase.CloseSession)] = [Client, Admin],

        [nameof(Control.ControlBase.CreateVolume)] = [Admin],
        [nameof(Control.ControlBase.ListVolumes)] = [Admin],
        [nameof(Control.ControlBase.ResizeVolume)] = [Admin],
        [nameof(Control.ControlBase.DeleteVolume)] = [Admin],
        [nameof(Control.ControlBase.ListSessions)] = [Admin],
        [nameof(Control.ControlBase.ClusterStatus)] = [Admin],
        [nameof(Control.ControlBase.ListNodes)] = [Admin],
        [nameof(Control.ControlBase.ListMoves)] = [Admin],
        [nameof(Control.ControlBase.MoveShard)] = [Admin],
        [nameof(Control.ControlBase.CancelMove)] = [Admin],
        [nameof(Control.ControlBase.DrainNode)] = [Admin],
        [nameof(Control.ControlBase.CancelDrain)] = [Admin],
        [nameof(Control.ControlBase.RemoveNode)] = [Admin],
        [nameof(Control.ControlBase.SetMaintenance)] = [Admin],
        [nameof(Control.ControlBase.GetBalance)] = [Admin],
        [nameof(Control.ControlBase.SetBalance)] = [Admin],
        [nameof(Control.ControlBase.Rebalance)] = [Admin],
        [nameof(Control.ControlBase.NodeSafety)] = [Admin],
    }.ToFrozenDictionary(entry => PathOf(entry.Key), entry => entry.Value, StringComparer.Ordinal);

    private static readonly FrozenSet<string> s_streams = Control.Descriptor.Methods
        .Where(method => method.IsServerStreaming || method.IsClientStreaming)
        .Select(method => PathOf(method.Name))
        .ToFrozenSet(StringComparer.Ordinal);

    /// <summary>The calls, as the paths of their requests.</summary>
    public static IEnumerable<string> Methods => s_table.Keys;

    /// <summary>Who may call it; empty when it is no call of the table.</summary>
    public static IReadOnlyList<CertificateRole> RolesFor(string method) => s_table.GetValueOrDefault(method, []);

    /// <summary>True when the call lasts.</summary>
    public static bool IsStream(string method) => s_streams.Contains(method);

    private static string PathOf(string name) => $"/{Control.Descriptor.FullName}/{name}";
}
