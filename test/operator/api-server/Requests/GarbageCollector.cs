using System.Text.Json.Nodes;
using SealFs.Testing.Kubernetes.Storage;

namespace SealFs.Testing.Kubernetes.Requests;

/// <summary>Deletes, at once or when the finalizers are gone, and what is owned by it after it, unless it is left as an orphan.</summary>
internal sealed class GarbageCollector(ObjectStore store, TimeProvider clock)
{
    public JsonObject Delete(ObjectKey key, JsonObject live, bool orphan, Action<ObjectKey, JsonObject> afterwards)
    {
        if (orphan)
            Abandon((string)live["metadata"]!["uid"]!);
        if (live["metadata"]!["finalizers"]?.AsArray() is null or { Count: 0 })
            return Remove(key, afterwards);
        if (live["metadata"]!["deletionTimestamp"] is not null)
            return live;
        var marked = live.DeepClone().AsObject();
        marked["metadata"]!["deletionTimestamp"] = clock.GetUtcNow().ToString("yyyy-MM-dd'T'HH:mm:ss'Z'");
        return store.Put(key, marked);
    }

    public JsonObject Remove(ObjectKey key, Action<ObjectKey, JsonObject> afterwards)
    {
        var last = store.Remove(key);
        afterwards(key, last);
        var uid = (string?)last["metadata"]!["uid"] ?? "";
        foreach (var (dependent, value) in store.Where(value => Owners(value).Contains(uid)))
        {
            if (Owners(value).All(owner => owner == uid || store.Where(other => (string?)other["metadata"]!["uid"] == owner).Count == 0)
                && store.Get(dependent) is { } still)
                Delete(dependent, still, orphan: false, afterwards);
        }
        return last;
    }

    private void Abandon(string uid)
    {
        foreach (var (key, value) in store.Where(value => Owners(value).Contains(uid)))
        {
            var copy = value.DeepClone().AsObject();
            var owners = copy["metadata"]!["ownerReferences"]!.AsArray();
            owners.Remove(owners.First(owner => (string)owner!["uid"]! == uid));
            store.Put(key, copy);
        }
    }

    private static IEnumerable<string> Owners(JsonObject value) =>
        value["metadata"]!["ownerReferences"]?.AsArray().Select(owner => (string)owner!["uid"]!) ?? [];
}
