using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using k8s;
using k8s.Models;

namespace SealFs.Operator.Runtime;

/// <summary>
/// Server-side apply that writes only when there is something to write. Beside the object stands the hash of what was applied, in an annotation: with
/// <see cref="OwnedFields"/> it tells whether the configuration has changed, or somebody else has changed the object.
/// </summary>
public sealed class Applier(ApiConnection api, string hashAnnotation)
{
    /// <returns>The object as it is now, and whether that took a write.</returns>
    public async Task<(T Value, bool Written)> ApplyAsync<T>(T desired, T? live, CancellationToken cancellation)
        where T : class, IKubernetesObject<V1ObjectMeta>
    {
        var configuration = Configuration(desired);
        if (live is not null && IsCurrent(live.Metadata, configuration))
            return (live, false);
        return (await api.ApplyAsync<T>(ObjectName.Of(desired.Metadata), configuration, cancellation), true);
    }

    /// <summary>True when applying <paramref name="desired"/> would change nothing.</summary>
    public bool IsCurrent<T>(T desired, T live)
        where T : IKubernetesObject<V1ObjectMeta> => IsCurrent(live.Metadata, Configuration(desired));

    private bool IsCurrent(V1ObjectMeta live, JsonObject configuration)
    {
        var hash = (string)configuration["metadata"]!["annotations"]![hashAnnotation]!;
        return live.Annotations?.TryGetValue(hashAnnotation, out var applied) == true && applied == hash && OwnedFields.Cover(live, api.FieldManager, configuration);
    }

    private JsonObject Configuration<T>(T desired)
        where T : IKubernetesObject<V1ObjectMeta>
    {
        var kind = ResourceKind.Of<T>();
        var json = JsonNode.Parse(ObjectJson.Serialize(desired))!.AsObject();
        json["apiVersion"] = kind.ApiVersion;
        json["kind"] = kind.Kind;
        json.Remove("status");
        DropEmptyLists(json);
        var metadata = json["metadata"]!.AsObject();
        if (metadata["annotations"] is not JsonObject annotations)
            metadata["annotations"] = annotations = [];
        var hash = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(json.ToJsonString())))[..16];
        annotations[hashAnnotation] = hash;
        return json;
    }

    /// <summary>A list without items says nothing, and nobody can own what is not there.</summary>
    private static void DropEmptyLists(JsonNode? node)
    {
        if (node is JsonObject map)
        {
            foreach (var (name, value) in map.ToList())
            {
                if (value is JsonArray { Count: 0 })
                    map.Remove(name);
                else
                    DropEmptyLists(value);
            }
        }
        else if (node is JsonArray list)
        {
            foreach (var item in list)
                DropEmptyLists(item);
        }
    }
}
