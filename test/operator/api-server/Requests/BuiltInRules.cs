using System.Text.Json.Nodes;
using SealFs.Testing.Kubernetes.Schemas;

namespace SealFs.Testing.Kubernetes.Requests;

/// <summary>The rules of built-in kinds that a storage operator runs into.</summary>
internal static class BuiltInRules
{
    private static readonly string[] s_changeableOfStatefulSet =
        ["replicas", "ordinals", "template", "updateStrategy", "persistentVolumeClaimRetentionPolicy", "minReadySeconds"];

    public static List<string> Check(ResourceType type, JsonObject? live, JsonObject value) => type.Plural switch
    {
        "statefulsets" => StatefulSet(live?["spec"], value["spec"]),
        "persistentvolumeclaims" => Claim(live?["spec"], value["spec"]),
        "customresourcedefinitions" => Definition(value),
        "storageclasses" => live is null || Same(live, value, "provisioner", "parameters", "reclaimPolicy", "volumeBindingMode")
            ? [] : ["parameters: Forbidden: updates to provisioner, parameters, reclaimPolicy and volumeBindingMode are forbidden."],
        "services" => live is null || Same(live["spec"]!, value["spec"]!, "clusterIP")
            ? [] : ["spec.clusterIP: Invalid value: field is immutable"],
        _ => [],
    };

    private static List<string> StatefulSet(JsonNode? live, JsonNode? value)
    {
        if (value?["template"]?["metadata"]?["labels"] is null || value["selector"]?["matchLabels"] is not JsonObject selector)
            return ["spec.template and spec.selector: Required value"];
        if (selector.Any(label => !JsonNode.DeepEquals(value["template"]!["metadata"]!["labels"]![label.Key], label.Value)))
            return ["spec.template.metadata.labels: Invalid value: `selector` does not match template `labels`"];
        if (live is null)
            return [];
        return JsonNode.DeepEquals(Fixed(live), Fixed(value))
            ? [] : [$"spec: Forbidden: updates to statefulset spec for fields other than {string.Join(", ", s_changeableOfStatefulSet)} are forbidden"];

        static JsonNode Fixed(JsonNode spec)
        {
            var copy = spec.DeepClone().AsObject();
            foreach (var name in s_changeableOfStatefulSet)
                copy.Remove(name);
            return copy;
        }
    }

    private static List<string> Claim(JsonNode? live, JsonNode? value)
    {
        if (live is null)
            return [];
        var before = Without(live);
        var after = Without(value!);
        if (!JsonNode.DeepEquals(before, after))
            return ["spec: Forbidden: spec is immutable after creation except resources.requests"];
        return Bytes(value!) >= Bytes(live) ? [] : ["spec.resources.requests.storage: Forbidden: field can not be less than status.capacity"];

        static JsonNode Without(JsonNode spec)
        {
            var copy = spec.DeepClone().AsObject();
            copy.Remove("resources");
            copy.Remove("volumeName");
            return copy;
        }

        static decimal Bytes(JsonNode spec) => Quantity.Parse((string)spec["resources"]!["requests"]!["storage"]!);
    }

    private static List<string> Definition(JsonObject value)
    {
        var problems = new List<string>();
        var spec = value["spec"]!;
        if ((string?)value["metadata"]!["name"] != $"{spec["names"]?["plural"]}.{spec["group"]}")
            problems.Add("metadata.name: Invalid value: must be spec.names.plural+\".\"+spec.group");
        foreach (var version in spec["versions"]!.AsArray())
        {
            var schema = version!["schema"]?["openAPIV3Schema"];
            if (schema is null)
                problems.Add("spec.versions[].schema.openAPIV3Schema: Required value: schemas are required");
            else
                problems.AddRange(StructuralRules.Check(schema).Concat(CelRules.Broken(schema)));
        }
        return problems;
    }

    private static bool Same(JsonNode one, JsonNode other, params string[] names) => names.All(name => JsonNode.DeepEquals(one[name], other[name]));
}
