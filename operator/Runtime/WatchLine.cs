using System.Net;
using System.Text.Json;
using System.Text.Json.Nodes;
using k8s;

namespace SealFs.Operator.Runtime;

/// <summary>One line of a watch.</summary>
public sealed record WatchLine(string Type, JsonObject Content)
{
    public string Version => (string?)Content["metadata"]?["resourceVersion"] ?? "";

    public static WatchLine Parse(string line)
    {
        try
        {
            var json = JsonNode.Parse(line)!;
            return new WatchLine((string)json["type"]!, json["object"]!.AsObject());
        }
        catch (Exception exception) when (exception is JsonException or NullReferenceException or InvalidOperationException)
        {
            // Half a line is what a connection leaves that broke in the middle.
            throw new ApiException(null, "Unreachable", "The API server sent a line of a watch that is none.", exception);
        }
    }

    public T Value<T>() => ObjectJson.Deserialize<T>(Content);

    /// <summary>What a line of type ERROR says.</summary>
    public ApiException Failure() =>
        new((HttpStatusCode)((int?)Content["code"] ?? 500), (string?)Content["reason"] ?? "", (string?)Content["message"] ?? "The watch ended with an error.");
}
