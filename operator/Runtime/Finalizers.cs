using System.Text.Json.Nodes;
using k8s;
using k8s.Models;

namespace SealFs.Operator.Runtime;

/// <summary>Adds and removes a finalizer of an object, only if the list is still the one that was seen: another controller's finalizer is never lost.</summary>
public static class Finalizers
{
    public static bool Has(V1ObjectMeta metadata, string finalizer) => metadata.Finalizers?.Contains(finalizer) == true;

    /// <exception cref="ApiException">Conflict or Invalid: somebody else has changed the object meanwhile.</exception>
    public static Task<T> AddAsync<T>(ApiConnection api, T value, string finalizer, CancellationToken cancellation)
        where T : IKubernetesObject<V1ObjectMeta>
    {
        var add = value.Metadata.Finalizers is null or { Count: 0 }
            ? new JsonObject { ["op"] = "add", ["path"] = "/metadata/finalizers", ["value"] = new JsonArray(finalizer) }
            : new JsonObject { ["op"] = "add", ["path"] = "/metadata/finalizers/-", ["value"] = finalizer };
        return api.PatchAsync<T>(ObjectName.Of(value.Metadata), new JsonArray(Unchanged(value.Metadata), add), cancellation);
    }

    /// <exception cref="ApiException">Conflict or Invalid: somebody else has changed the object meanwhile.</exception>
    public static Task<T> RemoveAsync<T>(ApiConnection api, T value, string finalizer, CancellationToken cancellation)
        where T : IKubernetesObject<V1ObjectMeta>
    {
        var index = value.Metadata.Finalizers.IndexOf(finalizer);
        var test = new JsonObject { ["op"] = "test", ["path"] = $"/metadata/finalizers/{index}", ["value"] = finalizer };
        var remove = new JsonObject { ["op"] = "remove", ["path"] = $"/metadata/finalizers/{index}" };
        return api.PatchAsync<T>(ObjectName.Of(value.Metadata), new JsonArray(Unchanged(value.Metadata), test, remove), cancellation);
    }

    private static JsonObject Unchanged(V1ObjectMeta metadata) =>
        new() { ["op"] = "test", ["path"] = "/metadata/resourceVersion", ["value"] = metadata.ResourceVersion };
}
