using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;

namespace SealFs.Testing.Kubernetes;

/// <summary>A request for objects of one kind, taken apart.</summary>
public sealed record ApiRequest(ResourceType Type, string Namespace, string Name, string Subresource, string Verb, IQueryCollection Query)
{
    public string FieldManager { get; init; } = "unknown";

    public string ContentType { get; init; } = "application/json";

    public JsonNode? Body { get; init; }

    public bool IsWrite => Verb is not ("get" or "list" or "watch");

    public bool Flag(string name) => Query[name].ToString() is "true" or "1";

    public string Text(string name) => Query[name].ToString();

    /// <summary>"patch statefulsets/scale", as RBAC rules name it.</summary>
    public string Permission => $"{Verb} {Type.GroupResource}{(Subresource.Length > 0 ? "/" + Subresource : "")}";

    public override string ToString() => $"{Verb} {Type.GroupResource}{(Subresource.Length > 0 ? "/" + Subresource : "")} {Namespace}/{Name}";
}
