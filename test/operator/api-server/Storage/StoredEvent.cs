using System.Text.Json.Nodes;

namespace SealFs.Testing.Kubernetes.Storage;

/// <summary>One change, as watchers see it. <paramref name="Previous"/> is what selectors are tried on as well: leaving a selection is a deletion.</summary>
internal sealed record StoredEvent(long Version, string Type, ObjectKey Key, JsonObject Object, JsonObject? Previous);
