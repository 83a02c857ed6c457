using System.Text.Json.Nodes;

namespace SealFs.Testing.Kubernetes.Requests;

/// <summary>What kubectl asks before it does anything: groups, versions and kinds.</summary>
internal static class Discovery
{
    public static JsonObject? Answer(string path, ResourceTypes types) => path.Trim('/').Split('/') switch
    {
        ["version"] => new JsonObject { ["major"] = "1", ["minor"] = "32", ["gitVersion"] = "v1.32.0", ["platform"] = "linux/amd64" },
        ["api"] => new JsonObject { ["kind"] = "APIVersions", ["versions"] = new JsonArray("v1") },
        ["apis"] => Groups(types),
        ["api", var version] => Resources("", version, types),
        ["apis", var group] => types.All.Any(type => type.Group == group) ? Group(group, types) : null,
        ["apis", var group, var version] => types.All.Any(type => type.Group == group) ? Resources(group, version, types) : null,
        ["openapi", "v3"] => new JsonObject { ["paths"] = new JsonObject() },
        ["openapi", "v2"] => new JsonObject
        {
            ["swagger"] = "2.0",
            ["info"] = new JsonObject { ["title"] = "Kubernetes", ["version"] = "v1.32.0" },
            ["paths"] = new JsonObject(),
            ["definitions"] = new JsonObject(),
        },
        _ => null,
    };

    private static JsonObject Groups(ResourceTypes types) => new()
    {
        ["kind"] = "APIGroupList",
        ["apiVersion"] = "v1",
        ["groups"] = new JsonArray([.. types.All.Select(type => type.Group).Where(group => group.Length > 0).Distinct().Select(group => Group(group, types))]),
    };

    private static JsonObject Group(string group, ResourceTypes types)
    {
        var versions = types.All.Where(type => type.Group == group).Select(type => type.Version).Distinct()
            .Select(version => new JsonObject { ["groupVersion"] = $"{group}/{version}", ["version"] = version }).ToList();
        return new JsonObject
        {
            ["kind"] = "APIGroup",
            ["apiVersion"] = "v1",
            ["name"] = group,
            ["versions"] = new JsonArray([.. versions]),
            ["preferredVersion"] = versions[0].DeepClone(),
        };
    }

    private static JsonObject Resources(string group, string version, ResourceTypes types)
    {
        var list = new JsonArray();
        foreach (var type in types.All.Where(type => type.Group == group && type.Version == version))
        {
            list.Add(Resource(type, "", type.Kind));
            if (type.HasStatus)
                list.Add(Resource(type, "/status", type.Kind));
            if (type.Scale is not null)
                list.Add(Resource(type, "/scale", "Scale"));
        }
        return new JsonObject
        {
            ["kind"] = "APIResourceList",
            ["apiVersion"] = "v1",
            ["groupVersion"] = group.Length == 0 ? version : $"{group}/{version}",
            ["resources"] = list,
        };
    }

    private static JsonObject Resource(ResourceType type, string subresource, string kind)
    {
        var resource = new JsonObject
        {
            ["name"] = type.Plural + subresource,
            ["singularName"] = subresource.Length == 0 ? type.Singular : "",
            ["namespaced"] = type.Namespaced,
            ["kind"] = kind,
            ["verbs"] = subresource.Length == 0
                ? new JsonArray("create", "delete", "deletecollection", "get", "list", "patch", "update", "watch") : new JsonArray("get", "patch", "update"),
            ["shortNames"] = new JsonArray([.. type.ShortNames.Select(name => JsonValue.Create(name))]),
        };
        if (kind == "Scale")
        {
            resource["group"] = "autoscaling";
            resource["version"] = "v1";
        }
        return resource;
    }
}
