using System.Text.Json.Nodes;

namespace SealFs.Testing.Kubernetes.Schemas;

/// <summary>What makes a schema structural: every value has a type, unless it is an int-or-string or keeps unknown fields.</summary>
internal static class StructuralRules
{
    public static IEnumerable<string> Check(JsonNode schema, string path = "openAPIV3Schema")
    {
        if (schema["type"] is null && (bool?)schema["x-kubernetes-int-or-string"] != true && (bool?)schema["x-kubernetes-preserve-unknown-fields"] != true)
            yield return $"{path}.type: Required value: must not be empty for specified object fields";
        if (schema["properties"] is not null && schema["additionalProperties"] is not null)
            yield return $"{path}.additionalProperties: Forbidden: additionalProperties and properties are mutual exclusive";
        if ((string?)schema["type"] == "array" && schema["items"] is null)
            yield return $"{path}.items: Required value: must be specified";
        if (schema["$ref"] is not null)
            yield return $"{path}.$ref: Forbidden";
        foreach (var (name, child) in schema["properties"]?.AsObject() ?? [])
        {
            foreach (var problem in Check(child!, $"{path}.properties[{name}]"))
                yield return problem;
        }
        foreach (var name in new[] { "items", "additionalProperties" })
        {
            if (schema[name] is not JsonObject child)
                continue;
            foreach (var problem in Check(child, $"{path}.{name}"))
                yield return problem;
        }
    }
}
