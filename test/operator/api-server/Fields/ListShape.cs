using System.Text.Json.Nodes;

namespace SealFs.Testing.Kubernetes.Fields;

/// <summary>How a list is merged: whole, as a set of scalars, or item by item, found by the fields that are its keys.</summary>
internal sealed record ListShape(bool IsSet, IReadOnlyList<string> Keys)
{
    public static readonly ListShape Atomic = new(false, []);
    private static readonly ListShape s_set = new(true, []);

    private static readonly Dictionary<string, ListShape> s_builtIn = new()
    {
        ["metadata.finalizers"] = s_set,
        ["metadata.ownerReferences"] = new(false, ["uid"]),
        ["containers"] = new(false, ["name"]),
        ["initContainers"] = new(false, ["name"]),
        ["imagePullSecrets"] = new(false, ["name"]),
        ["volumes"] = new(false, ["name"]),
        ["env"] = new(false, ["name"]),
        ["volumeMounts"] = new(false, ["mountPath"]),
        ["containers.ports"] = new(false, ["containerPort", "protocol"]),
        ["spec.ports"] = new(false, ["port", "protocol"]),
        ["topologySpreadConstraints"] = new(false, ["topologyKey", "whenUnsatisfiable"]),
        ["status.conditions"] = new(false, ["type"]),
        ["accessModes"] = Atomic,
    };

    public bool IsAtomic => !IsSet && Keys.Count == 0;

    /// <param name="type">Whose object it is.</param>
    /// <param name="path">Names of fields from the root; items of lists leave nothing in it.</param>
    public static ListShape Of(ResourceType type, IReadOnlyList<string> path)
    {
        if (type.Schema is not null && path[0] != "metadata")
            return OfSchema(type.Schema, path);
        return s_builtIn.GetValueOrDefault(string.Join('.', path.TakeLast(2))) ?? s_builtIn.GetValueOrDefault(path[^1]) ?? Atomic;
    }

    /// <summary>The fields by which an item is found. A protocol that is left out is TCP.</summary>
    public JsonObject KeyOf(JsonNode? item)
    {
        var key = new JsonObject();
        foreach (var name in Keys.Order(StringComparer.Ordinal))
        {
            var value = item?[name]?.DeepClone() ?? (name == "protocol" ? JsonValue.Create("TCP") : null);
            if (value is not null)
                key[name] = value;
        }
        return key;
    }

    private static ListShape OfSchema(JsonObject schema, IReadOnlyList<string> path)
    {
        JsonNode? at = schema;
        foreach (var name in path)
        {
            while (at?["items"] is { } items)
                at = items;
            at = at?["properties"]?[name] ?? at?["additionalProperties"];
        }
        return (string?)at?["x-kubernetes-list-type"] switch
        {
            "map" => new ListShape(false, [.. at!["x-kubernetes-list-map-keys"]!.AsArray().Select(key => (string)key!)]),
            "set" => s_set,
            _ => Atomic,
        };
    }
}
