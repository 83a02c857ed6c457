using System.Text.Json.Nodes;
using k8s.Models;

namespace SealFs.Operator.Runtime;

/// <summary>The answer to a list.</summary>
public sealed record ObjectList<T>(IReadOnlyList<T> Items, V1ListMeta Metadata)
{
    internal static ObjectList<T> Parse(JsonObject answer) => new(
        [.. (answer["items"] as JsonArray ?? []).Select(item => ObjectJson.Deserialize<T>(item!))],
        answer["metadata"] is { } metadata ? ObjectJson.Deserialize<V1ListMeta>(metadata) : new V1ListMeta());
}
