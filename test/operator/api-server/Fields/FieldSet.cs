using System.Text.Json.Nodes;

namespace SealFs.Testing.Kubernetes.Fields;

/// <summary>The fields that a manager owns, as paths of the segments of FieldsV1: "f:name", "k:{keys}" and "v:value".</summary>
internal sealed class FieldSet
{
    private const char Separator = '\u001f';
    private readonly HashSet<string> _paths = new(StringComparer.Ordinal);

    public IReadOnlyCollection<string> Paths => _paths;

    public bool IsEmpty => _paths.Count == 0;

    /// <summary>All fields of a configuration. What the server itself keeps belongs to nobody.</summary>
    public static FieldSet Of(ResourceType type, JsonObject value)
    {
        var set = new FieldSet();
        foreach (var (name, child) in value)
        {
            if (name is "apiVersion" or "kind")
                continue;
            if (name == "metadata")
                set.AddMetadata(type, child as JsonObject);
            else
                set.Add(type, child, $"f:{name}", [name]);
        }
        return set;
    }

    public static FieldSet Parse(JsonObject fields)
    {
        var set = new FieldSet();
        set.Read(fields, "");
        return set;
    }

    public static string[] Segments(string path) => path.Split(Separator);

    public bool Contains(string path) => _paths.Contains(path);

    public void Remove(IEnumerable<string> paths) => _paths.ExceptWith(paths.ToList());

    public void Add(IEnumerable<string> paths) => _paths.UnionWith(paths);

    public bool SetEquals(FieldSet other) => _paths.SetEquals(other._paths);

    /// <summary>FieldsV1.</summary>
    public JsonObject ToJson()
    {
        var root = new JsonObject();
        foreach (var path in _paths.Order(StringComparer.Ordinal))
        {
            var at = root;
            foreach (var segment in Segments(path))
            {
                if (at[segment] is not JsonObject next)
                    at[segment] = next = [];
                at = next;
            }
        }
        return root;
    }

    private void AddMetadata(ResourceType type, JsonObject? metadata)
    {
        foreach (var (name, child) in metadata ?? [])
        {
            if (name is "labels" or "annotations" or "finalizers" or "ownerReferences")
                Add(type, child, $"f:metadata{Separator}f:{name}", ["metadata", name]);
        }
    }

    private void Add(ResourceType type, JsonNode? value, string path, IReadOnlyList<string> names)
    {
        if (value is JsonObject { Count: > 0 } map)
        {
            foreach (var (name, child) in map)
                Add(type, child, $"{path}{Separator}f:{name}", [.. names, name]);
            return;
        }
        var shape = value is JsonArray ? ListShape.Of(type, names) : ListShape.Atomic;
        if (shape.IsAtomic)
        {
            _paths.Add(path);
            return;
        }
        foreach (var item in value!.AsArray())
        {
            if (shape.IsSet)
            {
                _paths.Add($"{path}{Separator}v:{item!.ToJsonString()}");
                continue;
            }
            var element = $"{path}{Separator}k:{shape.KeyOf(item).ToJsonString()}";
            _paths.Add($"{element}{Separator}.");
            foreach (var (name, child) in item!.AsObject())
                Add(type, child, $"{element}{Separator}f:{name}", [.. names, name]);
        }
    }

    private void Read(JsonObject fields, string prefix)
    {
        foreach (var (segment, child) in fields)
        {
            var path = prefix.Length == 0 ? segment : $"{prefix}{Separator}{segment}";
            if (child is JsonObject { Count: > 0 } inner)
                Read(inner, path);
            else
                _paths.Add(path);
        }
    }
}
