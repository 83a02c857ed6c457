using System.Text.Json;
using System.Text.Json.Nodes;
using YamlDotNet.Serialization;

namespace SealFs.Operator.CrdTool;

/// <summary>JSON as YAML, in the order in which it is.</summary>
internal static class YamlText
{
    public static string Of(JsonNode node) => new SerializerBuilder().WithQuotingNecessaryStrings().WithIndentedSequences().Build().Serialize(Plain(node)!);

    private static object? Plain(JsonNode? node) => node switch
    {
        null => null,
        JsonObject map => map.ToDictionary(pair => pair.Key, pair => Plain(pair.Value)),
        JsonArray list => list.Select(Plain).ToList(),
        _ => node.GetValueKind() switch
        {
            JsonValueKind.String => node.GetValue<string>(),
            JsonValueKind.Number => long.Parse(node.ToJsonString()),
            var kind => kind is JsonValueKind.True,
        },
    };
}
