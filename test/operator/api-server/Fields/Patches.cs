using System.Text.Json.Nodes;

namespace SealFs.Testing.Kubernetes.Fields;

/// <summary>JSON merge patch, strategic merge patch (keyed lists merge, "$patch: delete" removes) and JSON patch.</summary>
internal static class Patches
{
    public static JsonObject Apply(ResourceType type, JsonObject live, JsonNode patch, string contentType)
    {
        var result = live.DeepClone().AsObject();
        switch (contentType)
        {
            case "application/merge-patch+json":
                Merge(type, result, patch.AsObject(), [], strategic: false);
                return result;
            case "application/strategic-merge-patch+json":
                if (type.Schema is not null)
                    throw new ApiErrorException(415, "UnsupportedMediaType", "Custom resources take no strategic merge patch.");
                Merge(type, result, patch.AsObject(), [], strategic: true);
                return result;
            case "application/json-patch+json":
                foreach (var operation in patch.AsArray())
                    Operate(result, operation!);
                return result;
            default:
                throw new ApiErrorException(415, "UnsupportedMediaType", $"'{contentType}' is no type of patch.");
        }
    }

    private static void Merge(ResourceType type, JsonObject target, JsonObject patch, IReadOnlyList<string> path, bool strategic)
    {
        foreach (var (name, value) in patch)
        {
            IReadOnlyList<string> at = [.. path, name];
            if (name.StartsWith('$'))
                continue;
            if (value is null)
            {
                target.Remove(name);
            }
            else if (value is JsonObject map)
            {
                if (target[name] is not JsonObject existing)
                    target[name] = existing = [];
                Merge(type, existing, map, at, strategic);
            }
            else if (strategic && value is JsonArray list && ListShape.Of(type, at) is { IsAtomic: false } shape)
            {
                target[name] = MergeList(type, target[name] as JsonArray ?? [], list, shape, at);
            }
            else
            {
                target[name] = value.DeepClone();
            }
        }
    }

    private static JsonArray MergeList(ResourceType type, JsonArray target, JsonArray patch, ListShape shape, IReadOnlyList<string> path)
    {
        var result = target.DeepClone().AsArray();
        foreach (var item in patch)
        {
            if (shape.IsSet)
            {
                if (!result.Any(existing => JsonNode.DeepEquals(existing, item)))
                    result.Add(item!.DeepClone());
                continue;
            }
            var found = result.FirstOrDefault(existing => JsonNode.DeepEquals(shape.KeyOf(existing), shape.KeyOf(item)));
            if ((string?)item!["$patch"] == "delete")
                result.Remove(found);
            else if (found is JsonObject existing)
                Merge(type, existing, item.AsObject(), path, strategic: true);
            else
                result.Add(item.DeepClone());
        }
        return result;
    }

    private static void Operate(JsonObject root, JsonNode operation)
    {
        var path = ((string)operation["path"]!).Split('/')[1..].Select(part => part.Replace("~1", "/", StringComparison.Ordinal).Replace("~0", "~", StringComparison.Ordinal)).ToArray();
        JsonNode? parent = root;
        foreach (var name in path[..^1])
            parent = parent is JsonArray list ? list[int.Parse(name)] : parent?[name];
        if (parent is null)
            throw ApiErrorException.Invalid("patch", (string)operation["path"]!, ["the path does not exist"]);
        var last = path[^1];
        var value = operation["value"];
        var current = parent is JsonArray items ? (last == "-" ? null : items.ElementAtOrDefault(int.Parse(last))) : parent[last];
        switch ((string)operation["op"]!)
        {
            case "test" when !JsonNode.DeepEquals(current, value):
                throw ApiErrorException.Invalid("patch", (string)operation["path"]!, ["the test failed"]);
            case "test":
                break;
            case "remove" when parent is JsonArray array:
                array.RemoveAt(int.Parse(last));
                break;
            case "remove":
                parent.AsObject().Remove(last);
                break;
            case "add" when parent is JsonArray array:
                array.Insert(last == "-" ? array.Count : int.Parse(last), value?.DeepClone());
                break;
            case "add" or "replace":
                if (parent is JsonArray replaced)
                    replaced[int.Parse(last)] = value?.DeepClone();
                else
                    parent[last] = value?.DeepClone();
                break;
            case var other:
                throw ApiErrorException.BadRequest($"This server does not know the patch operation '{other}'.");
        }
    }
}
