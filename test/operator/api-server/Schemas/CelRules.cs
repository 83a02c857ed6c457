using System.Collections.Concurrent;
using System.Text.Json;
using System.Text.Json.Nodes;
using Cel;

namespace SealFs.Testing.Kubernetes.Schemas;

/// <summary>
/// Evaluates x-kubernetes-validations with a real CEL implementation. The functions that Kubernetes adds to CEL (quantity, optional types, …) are not there: a rule
/// that uses them does not compile, and the definition is refused.
/// </summary>
internal static class CelRules
{
    private static readonly ConcurrentDictionary<string, CelProgramDelegate> s_programs = new();

    public static void Check(JsonObject schema, JsonNode value, JsonNode? old, string path, List<string> problems)
    {
        foreach (var rule in schema["x-kubernetes-validations"]?.AsArray() ?? [])
        {
            var text = (string)rule!["rule"]!;
            var isTransition = text.Contains("oldSelf", StringComparison.Ordinal);
            if (isTransition && old is null)
                continue;
            var variables = new Dictionary<string, object?> { ["self"] = ToCel(value), ["oldSelf"] = ToCel(old) };
            if (Run(text, variables) is not true)
                problems.Add($"{path}: Invalid value: \"{Shown(value)}\": {(string?)rule["message"] ?? $"failed rule: {text}"}");
        }
    }

    /// <summary>The rules of a schema that do not compile.</summary>
    public static IEnumerable<string> Broken(JsonNode? schema)
    {
        if (schema is JsonArray list)
            return list.SelectMany(Broken);
        if (schema is not JsonObject map)
            return [];
        var own = map["x-kubernetes-validations"] is JsonArray rules ? rules.Select(rule => Problem((string)rule!["rule"]!)).OfType<string>() : [];
        return own.Concat(map.Where(pair => pair.Key != "x-kubernetes-validations").SelectMany(pair => Broken(pair.Value)));
    }

    private static string? Problem(string rule)
    {
        try
        {
            Compile(rule);
            return null;
        }
        catch (Exception exception) when (exception is not OutOfMemoryException)
        {
            return $"rule '{rule}' does not compile: {exception.Message}";
        }
    }

    private static object? Run(string rule, Dictionary<string, object?> variables)
    {
        try
        {
            return Compile(rule)(variables);
        }
        catch (Exception exception) when (exception is not OutOfMemoryException)
        {
            // As the real server: a rule that cannot be evaluated is a rule that does not hold.
            return exception;
        }
    }

    private static CelProgramDelegate Compile(string rule) => s_programs.GetOrAdd(rule, text =>
    {
        foreach (var unknown in new[] { "quantity(", "optional", ".?", "isURL", "url(", "ip(", "cidr(", "format." })
        {
            if (text.Contains(unknown, StringComparison.Ordinal))
                throw new NotSupportedException($"'{unknown}' is not known here");
        }
        return new CelEnvironment(null, "").Compile(text);
    });

    private static string Shown(JsonNode value) => value is JsonObject ? "object" : value.ToString();

    private static object? ToCel(JsonNode? node) => node switch
    {
        null => null,
        JsonObject map => map.ToDictionary(pair => pair.Key, pair => ToCel(pair.Value)),
        JsonArray list => list.Select(ToCel).ToArray(),
        _ => node.GetValueKind() switch
        {
            JsonValueKind.String => node.GetValue<string>(),
            JsonValueKind.Number => long.TryParse(node.ToString(), out var number) ? number : double.Parse(node.ToString()),
            var kind => kind is JsonValueKind.True,
        },
    };
}
