using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace SealFs.Testing.Kubernetes.Schemas;

/// <summary>Structural schemas as far as our definitions use them: fills in defaults, prunes what is unknown, and finds what is wrong, CEL rules included.</summary>
internal static class SchemaValidator
{
    /// <summary>Changes the object: defaults are filled in and unknown fields are dropped.</summary>
    public static List<string> Validate(JsonObject schema, JsonObject value, JsonObject? old, bool strict)
    {
        var problems = new List<string>();
        foreach (var (name, child) in schema["properties"]?.AsObject() ?? [])
        {
            if (name is "apiVersion" or "kind" or "metadata")
                continue;
            if (value[name] is null && child!["default"] is { } fallback)
                value[name] = fallback.DeepClone();
            if (value[name] is { } present)
                Check(child!.AsObject(), present, old?[name], name, problems, strict);
            else if (schema["required"]?.AsArray().Any(required => (string)required! == name) == true)
                problems.Add($"{name}: Required value");
        }
        if (problems.Count == 0)
            CelRules.Check(schema, value, old, "", problems);
        return problems;
    }

    private static void Check(JsonObject schema, JsonNode value, JsonNode? old, string path, List<string> problems, bool strict)
    {
        var before = problems.Count;
        if ((bool?)schema["x-kubernetes-int-or-string"] == true)
            return;
        switch ((string?)schema["type"])
        {
            case "object" when value is JsonObject map:
                CheckObject(schema, map, old as JsonObject, path, problems, strict);
                break;
            case "array" when value is JsonArray list:
                CheckArray(schema, list, old as JsonArray, path, problems, strict);
                break;
            case "string" when value.GetValueKind() is JsonValueKind.String:
                CheckString(schema, (string)value!, path, problems);
                break;
            case "integer" when value.GetValueKind() is JsonValueKind.Number && decimal.TryParse(value.ToString(), NumberStyles.Float, CultureInfo.InvariantCulture, out var number):
                if (number != decimal.Truncate(number))
                    problems.Add($"{path}: Invalid value: {value}: must be an integer");
                CheckNumber(schema, number, path, problems);
                break;
            case "number" when value.GetValueKind() is JsonValueKind.Number:
                CheckNumber(schema, decimal.Parse(value.ToString(), NumberStyles.Float, CultureInfo.InvariantCulture), path, problems);
                break;
            case "boolean" when value.GetValueKind() is JsonValueKind.True or JsonValueKind.False:
            case null:
                break;
            case var wanted:
                problems.Add($"{path}: Invalid value: \"{value}\": must be of type {wanted}");
                break;
        }
        if (problems.Count == before)
            CelRules.Check(schema, value, old, path, problems);
    }

    private static void CheckObject(JsonObject schema, JsonObject value, JsonObject? old, string path, List<string> problems, bool strict)
    {
        var properties = schema["properties"]?.AsObject();
        foreach (var (name, child) in properties ?? [])
        {
            if (value[name] is null && child!["default"] is { } fallback)
                value[name] = fallback.DeepClone();
        }
        foreach (var name in schema["required"]?.AsArray().Select(name => (string)name!) ?? [])
        {
            if (value[name] is null)
                problems.Add($"{path}.{name}: Required value");
        }
        foreach (var (name, child) in value.ToList())
        {
            if ((properties?[name] ?? schema["additionalProperties"]) is JsonObject inner)
            {
                if (child is not null)
                    Check(inner, child, old?[name], $"{path}.{name}", problems, strict);
                else
                    value.Remove(name);
            }
            else if ((bool?)schema["x-kubernetes-preserve-unknown-fields"] != true)
            {
                if (strict)
                    problems.Add($"unknown field \"{path}.{name}\"");
                value.Remove(name);
            }
        }
    }

    private static void CheckArray(JsonObject schema, JsonArray list, JsonArray? old, string path, List<string> problems, bool strict)
    {
        if ((int?)schema["maxItems"] is { } most && list.Count > most)
            problems.Add($"{path}: Too many: {list.Count}: must have at most {most} items");
        var keys = schema["x-kubernetes-list-map-keys"]?.AsArray().Select(key => (string)key!).ToList() ?? [];
        for (var i = 0; i < list.Count; i++)
        {
            var item = list[i]!;
            var previous = keys.Count == 0 ? null : old?.FirstOrDefault(other => keys.TrueForAll(key => JsonNode.DeepEquals(other![key], item[key])));
            if (keys.Count > 0 && list.Take(i).Any(other => keys.TrueForAll(key => JsonNode.DeepEquals(other![key], item[key]))))
                problems.Add($"{path}[{i}]: Duplicate value: {item.ToJsonString()}");
            Check(schema["items"]!.AsObject(), item, previous, $"{path}[{i}]", problems, strict);
        }
    }

    private static void CheckString(JsonObject schema, string value, string path, List<string> problems)
    {
        if (schema["enum"] is JsonArray allowed && !allowed.Any(one => (string)one! == value))
            problems.Add($"{path}: Unsupported value: \"{value}\": supported values: {string.Join(", ", allowed.Select(one => $"\"{one}\""))}");
        if ((string?)schema["pattern"] is { } pattern && !Regex.IsMatch(value, pattern))
            problems.Add($"{path}: Invalid value: \"{value}\": should match '{pattern}'");
        if ((int?)schema["maxLength"] is { } most && value.Length > most)
            problems.Add($"{path}: Too long: may not be more than {most} bytes");
        if ((int?)schema["minLength"] is { } least && value.Length < least)
            problems.Add($"{path}: Invalid value: \"{value}\": should be at least {least} chars long");
    }

    private static void CheckNumber(JsonObject schema, decimal value, string path, List<string> problems)
    {
        if (schema["minimum"] is { } least && value < (decimal)least)
            problems.Add($"{path}: Invalid value: {value}: should be greater than or equal to {least}");
        if (schema["maximum"] is { } most && value > (decimal)most)
            problems.Add($"{path}: Invalid value: {value}: should be less than or equal to {most}");
    }
}
