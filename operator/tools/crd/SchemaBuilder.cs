using System.Reflection;
using System.Text.Json.Nodes;
using k8s.Models;
using SealFs.Operator.Api;

namespace SealFs.Operator.CrdTool;

/// <summary>The structural schema of a class: types from its properties, defaults from a new instance of it, descriptions from the doc comments.</summary>
internal sealed class SchemaBuilder(DocComments comments)
{
    public JsonObject Of(Type type)
    {
        var schema = new JsonObject { ["type"] = "object", ["description"] = comments.Of(type) };
        var fresh = Activator.CreateInstance(type)!;
        var properties = new JsonObject();
        var required = new JsonArray();
        foreach (var property in type.GetProperties(BindingFlags.Public | BindingFlags.Instance).Where(property => property.CanWrite))
        {
            var name = Camel(property.Name);
            properties[name] = OfProperty(property, property.GetValue(fresh));
            if (property.GetCustomAttribute<NeededAttribute>() is not null)
                required.Add(name);
        }
        schema["properties"] = properties;
        if (required.Count > 0)
            schema["required"] = required;
        AddRules(schema, type);
        return schema;
    }

    public static void AddRules(JsonObject schema, Type type)
    {
        var rules = type.GetCustomAttributes<RuleAttribute>().Select(rule => new JsonObject { ["rule"] = rule.Rule, ["message"] = rule.Message }).ToArray();
        if (rules.Length > 0)
            schema["x-kubernetes-validations"] = new JsonArray(rules);
    }

    private JsonObject OfProperty(PropertyInfo property, object? value)
    {
        var schema = OfType(property.PropertyType);
        schema["description"] = comments.Of(property);
        if (property.GetCustomAttribute<AllowedAttribute>() is { } allowed)
            schema["enum"] = new JsonArray([.. allowed.Values.Select(one => JsonValue.Create(one))]);
        if (property.GetCustomAttribute<PatternAttribute>() is { } pattern)
            schema["pattern"] = pattern.Pattern;
        if (property.GetCustomAttribute<BetweenAttribute>() is { } between)
            (schema["minimum"], schema["maximum"]) = (between.Least, between.Most);
        if (property.GetCustomAttribute<ListKeyAttribute>() is { } key)
            (schema["x-kubernetes-list-type"], schema["x-kubernetes-list-map-keys"]) = ("map", new JsonArray(key.Key));
        if (property.GetCustomAttribute<NeededAttribute>() is null && property.DeclaringType!.Name.EndsWith("Spec", StringComparison.Ordinal))
            AddDefault(schema, property.PropertyType, value);
        return schema;
    }

    /// <summary>A part with parts of its own is there by default, so that the defaults of its parts are.</summary>
    private static void AddDefault(JsonObject schema, Type type, object? value)
    {
        var fallback = value switch
        {
            null => null,
            string text => JsonValue.Create(text),
            int number => JsonValue.Create(number),
            bool flag => JsonValue.Create(flag),
            VolumeSpec volume => new JsonObject { ["size"] = volume.Size },
            _ when IsOurs(type) => new JsonObject(),
            _ => null as JsonNode,
        };
        if (fallback is not null)
            schema["default"] = fallback;
    }

    private JsonObject OfType(Type type)
    {
        type = Nullable.GetUnderlyingType(type) ?? type;
        if (type == typeof(string))
            return new JsonObject { ["type"] = "string" };
        if (type == typeof(int) || type == typeof(long))
            return new JsonObject { ["type"] = "integer", ["format"] = type == typeof(int) ? "int32" : "int64" };
        if (type == typeof(bool))
            return new JsonObject { ["type"] = "boolean" };
        if (type == typeof(V1Condition))
            return Condition();
        if (type.IsGenericType && type.GetGenericTypeDefinition() == typeof(List<>))
            return new JsonObject { ["type"] = "array", ["items"] = OfType(type.GetGenericArguments()[0]) };
        if (type.IsGenericType && type.GetGenericTypeDefinition() == typeof(Dictionary<,>))
            return new JsonObject { ["type"] = "object", ["additionalProperties"] = new JsonObject { ["type"] = "string" } };
        if (IsOurs(type))
            return Of(type);
        // Parts of a pod: the API server checks them when the pod is made.
        return new JsonObject { ["type"] = "object", ["x-kubernetes-preserve-unknown-fields"] = true };
    }

    private static JsonObject Condition()
    {
        static JsonObject Text(string description) => new() { ["type"] = "string", ["description"] = description };
        return new JsonObject
        {
            ["type"] = "object",
            ["description"] = "One aspect of the state, with the reason for it.",
            ["required"] = new JsonArray("type", "status", "reason", "message", "lastTransitionTime"),
            ["properties"] = new JsonObject
            {
                ["type"] = Text("Which aspect."),
                ["status"] = Text("True, False or Unknown."),
                ["reason"] = Text("Why, in one word."),
                ["message"] = Text("Why, and what to do about it."),
                ["lastTransitionTime"] = new JsonObject { ["type"] = "string", ["format"] = "date-time", ["description"] = "When the status changed last." },
                ["observedGeneration"] = new JsonObject { ["type"] = "integer", ["format"] = "int64", ["description"] = "The generation of the spec that it is about." },
            },
        };
    }

    private static bool IsOurs(Type type) => type.Namespace == typeof(SealFsCluster).Namespace;

    private static string Camel(string name) => char.ToLowerInvariant(name[0]) + name[1..];
}
