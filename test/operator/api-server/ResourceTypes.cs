using System.Text.Json.Nodes;

namespace SealFs.Testing.Kubernetes;

/// <summary>The kinds that are served now: what is built in, and what CustomResourceDefinitions add.</summary>
public sealed class ResourceTypes
{
    private readonly Lock _gate = new();
    private readonly List<ResourceType> _custom = [];

    public IReadOnlyList<ResourceType> All
    {
        get
        {
            lock (_gate)
                return [.. BuiltInTypes.All, .. _custom];
        }
    }

    public ResourceType? Find(string group, string version, string plural) =>
        All.FirstOrDefault(type => type.Group == group && type.Version == version && type.Plural == plural);

    public ResourceType? FindKind(string apiVersion, string kind) => All.FirstOrDefault(type => type.GroupVersion == apiVersion && type.Kind == kind);

    public ResourceType Require(string plural, string group = "") =>
        All.FirstOrDefault(type => type.Plural == plural && (group.Length == 0 ? true : type.Group == group))
        ?? throw new ArgumentException($"Nothing serves {plural}.{group}");

    /// <summary>Serves what a definition defines, instead of what an earlier version of it did.</summary>
    public void Define(JsonObject definition)
    {
        var spec = definition["spec"]!;
        var group = (string)spec["group"]!;
        var names = spec["names"]!;
        lock (_gate)
        {
            Forget(definition);
            foreach (var version in spec["versions"]!.AsArray().Where(version => (bool)version!["served"]!))
                _custom.Add(Read(group, names, (string)spec["scope"]! == "Namespaced", version!));
        }
    }

    public void Forget(JsonObject definition)
    {
        lock (_gate)
            _custom.RemoveAll(type => type.Group == (string)definition["spec"]!["group"]! && type.Plural == (string)definition["spec"]!["names"]!["plural"]!);
    }

    private static ResourceType Read(string group, JsonNode names, bool namespaced, JsonNode version)
    {
        var subresources = version["subresources"];
        var scale = subresources?["scale"];
        return new ResourceType(group, (string)version["name"]!, (string)names["plural"]!, (string)names["kind"]!, namespaced)
        {
            HasStatus = subresources?["status"] is not null,
            Scale = scale is null ? null : new ScalePaths(
                ((string)scale["specReplicasPath"]!).TrimStart('.'), ((string)scale["statusReplicasPath"]!).TrimStart('.'),
                ((string?)scale["labelSelectorPath"])?.TrimStart('.')),
            ShortNames = [.. names["shortNames"]?.AsArray().Select(name => (string)name!) ?? []],
            Schema = version["schema"]?["openAPIV3Schema"]?.AsObject(),
        };
    }
}
