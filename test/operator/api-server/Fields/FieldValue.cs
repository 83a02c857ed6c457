using System.Text.Json.Nodes;

namespace SealFs.Testing.Kubernetes.Fields;

/// <summary>Finds and removes what a path of a <see cref="FieldSet"/> names.</summary>
internal static class FieldValue
{
    public static JsonNode? Find(JsonNode? root, string path)
    {
        var at = root;
        foreach (var segment in FieldSet.Segments(path))
            at = Step(at, segment);
        return at;
    }

    public static bool Exists(JsonNode? root, string path)
    {
        var segments = FieldSet.Segments(path);
        var parent = root;
        foreach (var segment in segments[..^1])
            parent = Step(parent, segment);
        return segments[^1] switch
        {
            "." => parent is not null,
            ['f', ':', .. var name] => parent is JsonObject map && map.ContainsKey(name),
            var last => Step(parent, last) is not null,
        };
    }

    /// <summary>Removes a field, and the parents that it leaves empty.</summary>
    public static void Remove(JsonNode root, string path) => Remove(root, FieldSet.Segments(path));

    private static void Remove(JsonNode root, string[] segments)
    {
        var parent = root;
        foreach (var segment in segments[..^1])
            parent = Step(parent, segment);
        switch (segments[^1])
        {
            case ".":
                if (parent is JsonObject { Parent: JsonArray list })
                    list.Remove(parent);
                break;
            case ['f', ':', .. var name]:
                (parent as JsonObject)?.Remove(name);
                break;
            case var last:
                if (Step(parent, last) is { } item)
                    (parent as JsonArray)?.Remove(item);
                break;
        }
        if (segments.Length > 2 && segments[^1] != "." && parent is JsonObject { Count: 0 } or JsonArray { Count: 0 })
            Remove(root, segments[..^1]);
    }

    private static JsonNode? Step(JsonNode? at, string segment) => segment switch
    {
        "." => at,
        ['f', ':', .. var name] => (at as JsonObject)?[name],
        ['k', ':', .. var key] => Item(at as JsonArray, JsonNode.Parse(key)!.AsObject()),
        ['v', ':', .. var value] => (at as JsonArray)?.FirstOrDefault(item => item?.ToJsonString() == value),
        _ => null,
    };

    private static JsonNode? Item(JsonArray? list, JsonObject key) => list?.FirstOrDefault(item => key.All(
        pair => JsonNode.DeepEquals(item?[pair.Key], pair.Value) || (pair.Key == "protocol" && item?[pair.Key] is null && (string?)pair.Value == "TCP")));
}
