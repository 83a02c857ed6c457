using System.Text.Json.Nodes;

namespace SealFs.Testing.Kubernetes;

/// <summary>A kind of object and where it is served.</summary>
public sealed record ResourceType(string Group, string Version, string Plural, string Kind, bool Namespaced)
{
    public bool HasStatus { get; init; }

    public ScalePaths? Scale { get; init; }

    public IReadOnlyList<string> ShortNames { get; init; } = [];

    /// <summary>The schema of a custom resource; null for what is built in.</summary>
    public JsonObject? Schema { get; init; }

    public string Singular => Kind.ToLowerInvariant();

    public string GroupVersion => Group.Length == 0 ? Version : $"{Group}/{Version}";

    public string GroupResource => Group.Length == 0 ? Plural : $"{Plural}.{Group}";
}

/// <summary>Where the numbers of the scale subresource stand, as paths of names.</summary>
public sealed record ScalePaths(string Spec, string Status, string? Selector);
