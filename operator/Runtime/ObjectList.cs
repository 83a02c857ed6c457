using k8s.Models;

namespace SealFs.Operator.Runtime;

/// <summary>The answer to a list.</summary>
public sealed record ObjectList<T>(IReadOnlyList<T> Items, V1ListMeta Metadata);
