using System.Text.Json.Nodes;

namespace SealFs.Testing.Kubernetes.Storage;

/// <summary>
/// Objects, the history of their changes, and who waits for the next one. What is stored is never changed in place: readers may keep it, writers clone it.
/// All changes are made under one lock, so that a request is a transaction.
/// </summary>
internal sealed class ObjectStore
{
    private readonly Dictionary<ObjectKey, JsonObject> _objects = [];
    private readonly List<StoredEvent> _history = [];
    private long _version = 1;
    private long _compactedUpTo;
    private TaskCompletionSource _changed = NewSignal();

    public Lock Gate { get; } = new();

    public long Version
    {
        get
        {
            lock (Gate)
                return _version;
        }
    }

    public JsonObject? Get(ObjectKey key)
    {
        lock (Gate)
            return _objects.GetValueOrDefault(key);
    }

    public (long Version, List<(ObjectKey Key, JsonObject Object)> Items) List(ResourceType type, string space)
    {
        lock (Gate)
        {
            var items = _objects
                .Where(pair => pair.Key.Group == type.Group && pair.Key.Plural == type.Plural && (space.Length == 0 || pair.Key.Namespace == space))
                .OrderBy(pair => pair.Key.Namespace, StringComparer.Ordinal).ThenBy(pair => pair.Key.Name, StringComparer.Ordinal);
            return (_version, [.. items.Select(pair => (pair.Key, pair.Value))]);
        }
    }

    public List<(ObjectKey Key, JsonObject Object)> Where(Func<JsonObject, bool> predicate)
    {
        lock (Gate)
            return [.. _objects.Where(pair => predicate(pair.Value)).Select(pair => (pair.Key, pair.Value))];
    }

    /// <summary>Stores the object with a new version, and returns what is stored: as a reader of the wire would have it, every number of one kind.</summary>
    public JsonObject Put(ObjectKey key, JsonObject fresh)
    {
        var value = JsonNode.Parse(fresh.ToJsonString())!.AsObject();
        lock (Gate)
        {
            var previous = _objects.GetValueOrDefault(key);
            value["metadata"]!["resourceVersion"] = $"{++_version}";
            _objects[key] = value;
            Record(new StoredEvent(_version, previous is null ? "ADDED" : "MODIFIED", key, value, previous));
            return value;
        }
    }

    public JsonObject Remove(ObjectKey key)
    {
        lock (Gate)
        {
            var last = _objects[key];
            _objects.Remove(key);
            var final = last.DeepClone().AsObject();
            final["metadata"]!["resourceVersion"] = $"{++_version}";
            Record(new StoredEvent(_version, "DELETED", key, final, last));
            return final;
        }
    }

    /// <summary>Forgets the history: whoever begins to watch from an earlier version is told 410. Watches that run go on, as those of a real server do.</summary>
    public void Compact()
    {
        lock (Gate)
            _compactedUpTo = _version;
    }

    /// <exception cref="ApiErrorException">410: the history does not go back so far.</exception>
    public void CheckStart(long version)
    {
        lock (Gate)
        {
            if (version < _compactedUpTo)
                throw ApiErrorException.Expired($"too old resource version: {version} ({_compactedUpTo})");
        }
    }

    /// <summary>What happened after a version, and a task that ends with the next change.</summary>
    public (long Version, List<StoredEvent> Events, Task Changed) Since(long version)
    {
        lock (Gate)
        {
            return (_version, [.. _history.Where(change => change.Version > version)], _changed.Task);
        }
    }

    private void Record(StoredEvent change)
    {
        _history.Add(change);
        Wake();
    }

    private void Wake()
    {
        var signal = _changed;
        _changed = NewSignal();
        signal.SetResult();
    }

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
