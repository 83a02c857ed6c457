using k8s.Models;

namespace SealFs.Operator.Runtime;

/// <summary>Namespace and name of an object; the namespace is empty where there is none.</summary>
public readonly record struct ObjectName(string Namespace, string Name)
{
    public static ObjectName Of(V1ObjectMeta metadata) => new(metadata.NamespaceProperty ?? "", metadata.Name);

    public override string ToString() => Namespace.Length == 0 ? Name : $"{Namespace}/{Name}";
}
