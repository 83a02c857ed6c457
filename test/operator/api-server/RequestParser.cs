using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;

namespace SealFs.Testing.Kubernetes;

/// <summary>Takes a path such as /apis/apps/v1/namespaces/a/statefulsets/b/status apart.</summary>
internal static class RequestParser
{
    public static async Task<ApiRequest?> ParseAsync(HttpContext context, ResourceTypes types)
    {
        var parts = context.Request.Path.Value!.Trim('/').Split('/');
        var (group, version, rest) = parts switch
        {
            ["api", var core, .. var tail] => ("", core, tail),
            ["apis", var named, var at, .. var tail] => (named, at, tail),
            _ => ("", "", []),
        };
        var space = "";
        if (rest is ["namespaces", var name, _, ..])
        {
            // "namespaces/x/status" is a subresource of the namespace itself.
            if (!(group.Length == 0 && rest[2] is "status" or "finalize"))
                (space, rest) = (name, rest[2..]);
        }
        if (rest.Length is 0 or > 3 || types.Find(group, version, rest[0]) is not { } type)
            return null;
        if (type.Namespaced && rest.Length > 1 && space.Length == 0)
            return null;
        var request = new ApiRequest(type, space, rest.ElementAtOrDefault(1) ?? "", rest.ElementAtOrDefault(2) ?? "", "", context.Request.Query);
        var contentType = context.Request.ContentType?.Split(';')[0].Trim() ?? "application/json";
        return request with
        {
            Verb = Verb(context.Request, request.Name),
            FieldManager = request.Text("fieldManager") is { Length: > 0 } manager ? manager : AgentName(context.Request),
            ContentType = contentType,
            Body = await BodyAsync(context.Request, contentType),
        };
    }

    private static string Verb(HttpRequest request, string name) => request.Method switch
    {
        "GET" when request.Query["watch"].ToString() is "true" or "1" => "watch",
        "GET" => name.Length > 0 ? "get" : "list",
        "POST" => "create",
        "PUT" => "update",
        "PATCH" => "patch",
        "DELETE" => name.Length > 0 ? "delete" : "deletecollection",
        _ => throw new ApiErrorException(405, "MethodNotAllowed", $"The server does not allow {request.Method}."),
    };

    private static string AgentName(HttpRequest request)
    {
        var agent = request.Headers.UserAgent.ToString();
        return agent.Length == 0 ? "unknown" : agent.Split('/', ' ')[0];
    }

    private static async Task<JsonNode?> BodyAsync(HttpRequest request, string contentType)
    {
        if (contentType.Contains("protobuf", StringComparison.Ordinal) && request.Method != "GET")
            throw new ApiErrorException(415, "UnsupportedMediaType", "This server speaks JSON and YAML.");
        using var reader = new StreamReader(request.Body);
        var text = await reader.ReadToEndAsync();
        if (text.Length == 0)
            return null;
        try
        {
            return contentType.EndsWith("yaml", StringComparison.Ordinal) ? Yaml.Parse(text) : JsonNode.Parse(text);
        }
        catch (JsonException exception)
        {
            throw ApiErrorException.BadRequest($"The body is no JSON: {exception.Message}");
        }
    }
}
