using System.Text.Json.Nodes;

namespace SealFs.Testing.Kubernetes.Fields;

/// <summary>
/// Merges an applied configuration into the live object. What the manager applied before and leaves out now is removed, unless somebody else owns it too;
/// what somebody else has set to another value is a conflict, or taken over when the request says "force".
/// </summary>
internal static class ServerSideApply
{
    public static JsonObject Merge(ResourceType type, JsonObject? live, JsonObject applied, ApiRequest request, string time)
    {
        var fields = FieldSet.Of(type, applied);
        var managers = ManagedFields.Of(live);
        var disputed = fields.Paths
            .Where(path => !path.EndsWith('.') && !JsonNode.DeepEquals(FieldValue.Find(live, path), FieldValue.Find(applied, path)))
            .Select(path => (Path: path, Owner: managers.OthersWith(path, request.FieldManager, request.Subresource).FirstOrDefault()))
            .Where(pair => pair.Owner is not null).ToList();
        if (disputed.Count > 0 && !request.Flag("force"))
            throw Conflict(disputed!);
        managers.TakeFromOthers([.. disputed.Select(pair => pair.Path)], request.FieldManager, "Apply", request.Subresource);

        var merged = live?.DeepClone().AsObject() ?? new JsonObject { ["metadata"] = new JsonObject() };
        Overlay(type, merged, applied, []);
        var dropped = managers.Applied(request.FieldManager, request.Subresource).Paths
            .Where(path => !fields.Contains(path) && !managers.OthersWith(path, request.FieldManager, request.Subresource).Any())
            .OrderByDescending(path => FieldSet.Segments(path).Length).ToList();
        foreach (var path in dropped.Where(path => !fields.Paths.Any(kept => kept.StartsWith(path, StringComparison.Ordinal))))
            FieldValue.Remove(merged, path);
        managers.SetApplied(request.FieldManager, request.Subresource, fields, time);
        managers.WriteTo(merged);
        return merged;
    }

    private static ApiErrorException Conflict(List<(string Path, string Owner)> disputed)
    {
        var causes = new JsonArray([.. disputed.Select(pair => (JsonNode)new JsonObject
        {
            ["reason"] = "FieldManagerConflict",
            ["message"] = $"conflict with \"{pair.Owner}\"",
            ["field"] = string.Join('.', FieldSet.Segments(pair.Path).Select(segment => segment[2..])),
        })]);
        return new ApiErrorException(409, "Conflict", $"Apply failed with {disputed.Count} conflicts: {causes[0]!["message"]}: {causes[0]!["field"]}") { Causes = causes };
    }

    private static void Overlay(ResourceType type, JsonObject target, JsonObject source, IReadOnlyList<string> path)
    {
        foreach (var (name, value) in source)
        {
            IReadOnlyList<string> at = [.. path, name];
            if (value is JsonObject map && target[name] is JsonObject existing && map.Count > 0)
                Overlay(type, existing, map, at);
            else if (value is JsonObject)
                target[name] = Pruned(type, value.AsObject(), at);
            else if (value is JsonArray list && ListShape.Of(type, at) is { IsAtomic: false } shape)
                target[name] = MergeList(type, target[name] as JsonArray ?? [], list, shape, at);
            else
                target[name] = value?.DeepClone();
        }
    }

    private static JsonObject Pruned(ResourceType type, JsonObject value, IReadOnlyList<string> at)
    {
        var copy = new JsonObject();
        Overlay(type, copy, value, at);
        return copy;
    }

    private static JsonArray MergeList(ResourceType type, JsonArray target, JsonArray source, ListShape shape, IReadOnlyList<string> path)
    {
        var result = target.DeepClone().AsArray();
        foreach (var item in source)
        {
            if (shape.IsSet)
            {
                if (!result.Any(existing => JsonNode.DeepEquals(existing, item)))
                    result.Add(item?.DeepClone());
                continue;
            }
            var key = shape.KeyOf(item);
            if (result.FirstOrDefault(existing => JsonNode.DeepEquals(shape.KeyOf(existing), key)) is JsonObject found)
                Overlay(type, found, item!.AsObject(), path);
            else
                result.Add(Pruned(type, item!.AsObject(), path));
        }
        return result;
    }
}
