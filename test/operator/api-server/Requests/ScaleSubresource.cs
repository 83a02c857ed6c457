using System.Text.Json.Nodes;

namespace SealFs.Testing.Kubernetes.Requests;

/// <summary>The scale subresource as a view of its object: autoscaling/v1 Scale.</summary>
internal static class ScaleSubresource
{
    public static JsonObject Of(ResourceType type, JsonObject live)
    {
        var paths = type.Scale ?? throw ApiErrorException.NotFound(type.GroupResource, "scale");
        return new JsonObject
        {
            ["kind"] = "Scale",
            ["apiVersion"] = "autoscaling/v1",
            ["metadata"] = new JsonObject
            {
                ["name"] = live["metadata"]!["name"]!.DeepClone(),
                ["namespace"] = live["metadata"]!["namespace"]?.DeepClone(),
                ["uid"] = live["metadata"]!["uid"]!.DeepClone(),
                ["resourceVersion"] = live["metadata"]!["resourceVersion"]!.DeepClone(),
                ["creationTimestamp"] = live["metadata"]!["creationTimestamp"]!.DeepClone(),
            },
            ["spec"] = new JsonObject { ["replicas"] = At(live, paths.Spec)?.DeepClone() ?? 0 },
            ["status"] = new JsonObject { ["replicas"] = At(live, paths.Status)?.DeepClone() ?? 0, ["selector"] = Selector(live, paths.Selector) },
        };
    }

    /// <summary>The request that does to the object what was asked of its scale.</summary>
    public static ApiRequest Translate(ApiRequest request, JsonObject live)
    {
        var scale = Of(request.Type, live);
        var wanted = request.Verb == "update" ? request.Body!.AsObject() : Fields.Patches.Apply(request.Type, scale, request.Body!, request.ContentType);
        var body = live.DeepClone().AsObject();
        if ((string?)wanted["metadata"]?["resourceVersion"] is { } version)
            body["metadata"]!["resourceVersion"] = version;
        var path = request.Type.Scale!.Spec.Split('.');
        JsonNode parent = body;
        foreach (var name in path[..^1])
            parent = parent[name]!;
        parent[path[^1]] = (int)wanted["spec"]!["replicas"]!;
        return request with { Verb = "update", ContentType = "application/json", Subresource = "scale", Body = body };
    }

    private static JsonNode? At(JsonNode value, string path) => path.Split('.').Aggregate((JsonNode?)value, (at, name) => at?[name]);

    private static string Selector(JsonObject live, string? path)
    {
        var selector = path is null ? null : At(live, path);
        return selector is JsonObject map
            ? string.Join(',', map["matchLabels"]?.AsObject().Select(pair => $"{pair.Key}={pair.Value}") ?? []) : (string?)selector ?? "";
    }
}
