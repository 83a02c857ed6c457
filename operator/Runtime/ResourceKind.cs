using System.Reflection;
using k8s;
using k8s.Models;

namespace SealFs.Operator.Runtime;

/// <summary>A kind of object and where the API server has it.</summary>
public sealed record ResourceKind(string Group, string Version, string Plural, string Kind)
{
    public string ApiVersion => Group.Length == 0 ? Version : $"{Group}/{Version}";

    /// <summary>What the class says of itself.</summary>
    public static ResourceKind Of<T>()
    {
        var attribute = typeof(T).GetCustomAttribute<KubernetesEntityAttribute>()
            ?? throw new ArgumentException($"{typeof(T)} has no KubernetesEntity attribute.");
        return new ResourceKind(attribute.Group ?? "", attribute.ApiVersion, attribute.PluralName, attribute.Kind);
    }

    /// <summary>Path of one object, or of the collection when there is no name.</summary>
    public string Path(string? space, string name = "", string subresource = "")
    {
        var root = Group.Length == 0 ? $"api/{Version}" : $"apis/{Group}/{Version}";
        var path = string.IsNullOrEmpty(space) ? $"{root}/{Plural}" : $"{root}/namespaces/{space}/{Plural}";
        if (name.Length > 0)
            path += $"/{name}";
        return subresource.Length > 0 ? $"{path}/{subresource}" : path;
    }
}
