using System.Text.Json.Nodes;

namespace SealFs.Testing.Kubernetes;

/// <summary>A request that ends with a Status object.</summary>
public sealed class ApiErrorException(int code, string reason, string message) : Exception(message)
{
    public int Code { get; } = code;

    public string Reason { get; } = reason;

    public JsonArray? Causes { get; init; }

    public static ApiErrorException NotFound(string resource, string name) => new(404, "NotFound", $"{resource} \"{name}\" not found");

    public static ApiErrorException Exists(string resource, string name) => new(409, "AlreadyExists", $"{resource} \"{name}\" already exists");

    public static ApiErrorException Conflict(string resource, string name, string why) =>
        new(409, "Conflict", $"Operation cannot be fulfilled on {resource} \"{name}\": {why}");

    public static ApiErrorException Modified(string resource, string name) => Conflict(
        resource, name, "the object has been modified; please apply your changes to the latest version and try again");

    public static ApiErrorException Invalid(string kind, string name, IEnumerable<string> problems) =>
        new(422, "Invalid", $"{kind} \"{name}\" is invalid: {string.Join(", ", problems)}");

    public static ApiErrorException BadRequest(string message) => new(400, "BadRequest", message);

    public static ApiErrorException Expired(string message) => new(410, "Expired", message);

    public JsonObject ToStatus() => new()
    {
        ["kind"] = "Status",
        ["apiVersion"] = "v1",
        ["metadata"] = new JsonObject(),
        ["status"] = "Failure",
        ["message"] = Message,
        ["reason"] = Reason,
        ["code"] = Code,
        ["details"] = Causes is null ? null : new JsonObject { ["causes"] = Causes.DeepClone() },
    };
}
