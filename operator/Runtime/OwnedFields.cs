using System.Text.Json.Nodes;
using k8s;
using k8s.Models;

namespace SealFs.Operator.Runtime;

/// <summary>
/// Compares a configuration with what the API server says that we own. When somebody changes a field of ours, we lose it in managedFields: so that owning exactly what
/// we apply means that everything still has our value, however the server writes it ("1024Mi" or "1Gi", defaults filled in).
/// </summary>
internal static class OwnedFields
{
    public static bool Cover(V1ObjectMeta live, string manager, JsonObject configuration)
    {
        var entry = live.ManagedFields?.FirstOrDefault(entry => entry.Manager == manager && entry.Operation == "Apply" && string.IsNullOrEmpty(entry.Subresource));
        if (entry?.FieldsV1 is null || JsonNode.Parse(ObjectJson.Serialize(entry.FieldsV1)) is not JsonObject fields)
            return false;
        var owned = configuration.DeepClone().AsObject();
        owned.Remove("apiVersion");
        owned.Remove("kind");
        foreach (var name in new[] { "name", "namespace" })
            (owned["metadata"] as JsonObject)?.Remove(name);
        return Covers(fields, owned);
    }

    private static bool Covers(JsonObject fields, JsonNode? value) => value switch
    {
        _ when IsLeaf(fields) => true,
        JsonObject map => CoversMap(fields, map),
        JsonArray list => CoversList(fields, list),
        _ => false,
    };

    private static bool CoversMap(JsonObject fields, JsonObject map)
    {
        var owned = fields.Where(pair => pair.Key != ".").Select(pair => pair.Key).ToHashSet();
        foreach (var (name, value) in map)
        {
            // An object with nothing in it ("emptyDir: {}") is not always listed as owned.
            if (!owned.Remove($"f:{name}") ? value is not JsonObject { Count: 0 } : !Covers(fields[$"f:{name}"]!.AsObject(), value))
                return false;
        }
        return owned.Count == 0;
    }

    private static bool CoversList(JsonObject fields, JsonArray list)
    {
        var items = fields.Where(pair => pair.Key != ".").ToList();
        return items.Count == list.Count && list.All(item => items.Exists(pair => IsItem(pair.Key, item) && Covers(pair.Value!.AsObject(), item)));
    }

    private static bool IsItem(string segment, JsonNode? item) => segment[..2] switch
    {
        "v:" => segment[2..] == item?.ToJsonString(),
        // A key that the configuration leaves out has its default: the port's protocol.
        "k:" => JsonNode.Parse(segment[2..])!.AsObject().All(key => item?[key.Key] is null || JsonNode.DeepEquals(item[key.Key], key.Value)),
        _ => false,
    };

    private static bool IsLeaf(JsonObject fields) => fields.All(pair => pair.Key == ".");
}
