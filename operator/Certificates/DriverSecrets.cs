using System.Text;
using System.Text.Json.Nodes;
using k8s.Models;
using SealFs.Core.Security;
using SealFs.Operator.Api;
using SealFs.Operator.Reconciling;
using SealFs.Operator.Resources;
using SealFs.Operator.Runtime;

namespace SealFs.Operator.Certificates;

/// <summary>
/// Two Secrets in the namespace of the CSI driver, with the certificates of all clusters: client for the mounts, admin for the controller. The driver finds those of a manager by its address
/// (<see cref="CredentialFiles.PrefixOf"/>). An annotation for each cluster says which entries are its own: whatever else is in the Secrets is somebody else's and stays.
/// </summary>
internal sealed class DriverSecrets(ApiConnection api, SecretCache secrets, ObjectCache<SealFsCluster> clusters, CertificateOptions options, bool seesAllClusters)
{
    private const string OwnerAnnotation = "cluster.sealfs.io/";

    private static readonly string[] s_parts = [LeafSecret.Bundle, LeafSecret.Certificate, LeafSecret.Key];

    public async Task EnsureAsync(ClusterTask task, string bundle, Leaf client, Leaf admin, CancellationToken cancellation)
    {
        if (options.DriverNamespace.Length == 0)
            return;
        var prefix = CredentialFiles.PrefixOf(task.Names.ManagerAddress);
        foreach (var (name, leaf) in Of(client, admin))
            await WriteAsync(name, task.Cluster.Metadata.Uid, prefix, [bundle, leaf.Certificate, leaf.Key], cancellation);
    }

    /// <summary>The driver needs nothing of this cluster any more.</summary>
    public async Task RemoveAsync(SealFsCluster cluster, CancellationToken cancellation)
    {
        if (options.DriverNamespace.Length == 0)
            return;
        foreach (var name in (string[])[options.ClientSecret, options.AdminSecret])
            await WriteAsync(name, cluster.Metadata.Uid, null, [], cancellation);
    }

    private (string Name, Leaf Leaf)[] Of(Leaf client, Leaf admin) => [(options.ClientSecret, client), (options.AdminSecret, admin)];

    private async Task WriteAsync(string secret, string uid, string? prefix, string[] contents, CancellationToken cancellation)
    {
        var name = new ObjectName(options.DriverNamespace, secret);
        var live = await secrets.ReadAsync(name, cancellation);
        if (live is null && prefix is null)
            return;
        var (data, annotations) = Changes(live, uid, prefix, contents);
        if (data.Count + annotations.Count == 0)
            return;
        secrets.Known.Put(live is null
            ? await api.CreateAsync(Fresh(name, data, annotations), cancellation)
            : await api.MergeAsync<V1Secret>(name, new JsonObject { ["metadata"] = new JsonObject { ["annotations"] = annotations }, ["data"] = data }, cancellation));
    }

    /// <summary>What is to be written; nothing when all is as it should be.</summary>
    private (JsonObject Data, JsonObject Annotations) Changes(V1Secret? live, string uid, string? prefix, string[] contents)
    {
        var (data, annotations) = (new JsonObject(), new JsonObject());
        var owners = (live?.Metadata.Annotations ?? new Dictionary<string, string>()).Where(pair => pair.Key.StartsWith(OwnerAnnotation, StringComparison.Ordinal))
            .ToDictionary(pair => pair.Key[OwnerAnnotation.Length..], pair => pair.Value);
        var gone = owners.Where(pair => pair.Key == uid ? pair.Value != prefix : IsGone(pair.Key)).ToList();
        var kept = owners.Except(gone).Select(pair => pair.Value).ToHashSet();
        foreach (var (owner, former) in gone)
        {
            if (owner != uid || prefix is null)
                annotations[OwnerAnnotation + owner] = null;
            foreach (var key in s_parts.Select(part => former + part).Where(key => !kept.Contains(former) && live!.Data?.ContainsKey(key) == true))
                data[key] = null;
        }
        if (prefix is null)
            return (data, annotations);
        if (!owners.TryGetValue(uid, out var known) || known != prefix)
            annotations[OwnerAnnotation + uid] = prefix;
        foreach (var (part, content) in s_parts.Zip(contents))
        {
            data.Remove(prefix + part);
            if (live is null || AuthoritySecret.Text(live, prefix + part) != content)
                data[prefix + part] = Convert.ToBase64String(Encoding.UTF8.GetBytes(content));
        }
        return (data, annotations);
    }

    /// <summary>Clusters whose finalizer somebody took off by hand. An operator of one namespace cannot know those of others.</summary>
    private bool IsGone(string uid) => seesAllClusters && clusters.All.All(cluster => cluster.Metadata.Uid != uid);

    private static V1Secret Fresh(ObjectName name, JsonObject data, JsonObject annotations) => new()
    {
        Metadata = new V1ObjectMeta
        {
            Name = name.Name,
            NamespaceProperty = name.Namespace,
            Labels = new Dictionary<string, string> { ["app.kubernetes.io/name"] = "sealfs", ["app.kubernetes.io/managed-by"] = ClusterNames.ManagedBy },
            Annotations = annotations.ToDictionary(pair => pair.Key, pair => (string)pair.Value!),
        },
        Type = "Opaque",
        Data = data.ToDictionary(pair => pair.Key, pair => Convert.FromBase64String((string)pair.Value!)),
    };
}
