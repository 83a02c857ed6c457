using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using k8s;
using SealFs.Operator.Api;
using SealFs.Operator.Resources;

namespace SealFs.Operator.Runtime;

/// <summary>
/// Objects of the API server as JSON, as the client library writes them; with our own kinds, which it does not know. All by generated code: a kind that is in neither
/// list is an error everywhere, not only where there is no reflection.
/// </summary>
internal static class ObjectJson
{
    private static readonly JsonSerializerOptions s_options = new()
    {
        TypeInfoResolver = JsonTypeInfoResolver.Combine(OwnKinds.Default, SourceGenerationContext.Default),
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        Converters = { new KubernetesJson.Iso8601TimeSpanConverter(), new KubernetesJson.KubernetesDateTimeConverter(), new KubernetesJson.KubernetesDateTimeOffsetConverter() },
    };

    public static string Serialize(object value) => JsonSerializer.Serialize(value, s_options.GetTypeInfo(value.GetType()));

    /// <exception cref="JsonException">It is no JSON, or not that of a <typeparamref name="T"/>.</exception>
    public static T Deserialize<T>(string json) => JsonSerializer.Deserialize(json, (JsonTypeInfo<T>)s_options.GetTypeInfo(typeof(T)))!;

    /// <inheritdoc cref="Deserialize{T}(string)"/>
    public static T Deserialize<T>(JsonNode json) => json.Deserialize((JsonTypeInfo<T>)s_options.GetTypeInfo(typeof(T)))!;
}

/// <summary>What the client library's own list lacks.</summary>
[JsonSerializable(typeof(SealFsCluster))]
[JsonSerializable(typeof(ServiceMonitor))]
[JsonSerializable(typeof(JsonObject))]
[JsonSerializable(typeof(JsonElement))]
internal sealed partial class OwnKinds : JsonSerializerContext;
