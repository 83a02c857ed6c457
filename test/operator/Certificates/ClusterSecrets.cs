using System.Text;
using System.Text.Json.Nodes;
using SealFs.Core.Security;
using SealFs.Operator.Certificates;
using SealFs.Operator.Tests.Clusters;

namespace SealFs.Operator.Tests.Certificates;

/// <summary>The Secrets of the cluster "demo", as whoever has them sees them.</summary>
internal sealed class ClusterSecrets(OperatorWorld world)
{
    public const string Prefix = "demo-manager.default.svc.7400.";

    public JsonObject? Authority => world.Server.Get("secrets", "default", "demo-ca");

    public string Step => (string?)world.Status?["certificates"]?["rotation"] ?? "";

    public JsonObject? Leaf(CertificateRole role) => world.Server.Get("secrets", "default", $"demo-{role.Text()}-tls");

    public JsonObject? Driver(string name) => world.Server.Get("secrets", OperatorWorld.DriverSpace, name);

    /// <summary>Everything with which somebody shows himself: the pods of the cluster, kubectl sealfs, and the driver.</summary>
    public Dictionary<string, Holder> Holders()
    {
        var holders = new Dictionary<string, Holder>();
        foreach (var role in CertificateRoles.All)
            Add(role.Text(), Leaf(role), "");
        Add("mounts", Driver("sealfs-csi-client-tls"), Prefix);
        Add("controller", Driver("sealfs-csi-admin-tls"), Prefix);
        return holders;

        void Add(string name, JsonObject? secret, string prefix)
        {
            if (Text(secret, prefix + "tls.crt") is { } certificate)
                holders[name] = new Holder(Text(secret, prefix + "ca.crt")!, certificate, Text(secret, prefix + "tls.key")!);
        }
    }

    public IEnumerable<string> Serials() => CertificateRoles.All.Select(role => Text(Leaf(role), "tls.crt")!);

    public static string? Text(JsonObject? secret, string key) => (string?)secret?["data"]?[key] is { } encoded ? Encoding.UTF8.GetString(Convert.FromBase64String(encoded)) : null;
}

/// <summary>Three files that somebody has.</summary>
internal sealed record Holder(string Bundle, string Certificate, string Key)
{
    public Credentials Load() => Credentials.FromPem(Bundle, Certificate, Key, "test");

    public bool Trusts(Holder other) => Authority.Split(Bundle).Any(one => Authority.HasIssued(one, Leaf.Parse(other.Certificate, other.Key)));
}
