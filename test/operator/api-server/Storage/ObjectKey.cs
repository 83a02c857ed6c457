namespace SealFs.Testing.Kubernetes.Storage;

/// <summary>One object of the server.</summary>
public readonly record struct ObjectKey(string Group, string Plural, string Namespace, string Name)
{
    public static ObjectKey Of(ResourceType type, string space, string name) => new(type.Group, type.Plural, type.Namespaced ? space : "", name);
}
