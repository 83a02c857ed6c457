using System.Collections.Concurrent;
using k8s.Models;
using SealFs.Operator.Runtime;

namespace SealFs.Operator.Certificates;

/// <summary>
/// Secrets by name, as they were a moment ago. They are not followed as everything else is: that would need the right to list the Secrets of a whole Kubernetes cluster.
/// </summary>
internal sealed class SecretCache(ApiConnection api, TimeSpan maxAge, TimeProvider clock)
{
    private readonly ConcurrentDictionary<ObjectName, DateTimeOffset> _read = [];

    public ObjectCache<V1Secret> Known { get; } = new();

    public async Task<V1Secret?> ReadAsync(ObjectName name, CancellationToken cancellation)
    {
        var now = clock.GetUtcNow();
        if (_read.TryGetValue(name, out var read) && now - read < maxAge)
            return Known.Find(name);
        var found = await api.FindAsync<V1Secret>(name, cancellation);
        if (found is not null)
            Known.Put(found);
        else if (Known.Find(name) is { } gone)
            Known.Remove(gone);
        _read[name] = now;
        return found;
    }

    public void Forget(ObjectName name)
    {
        _read.TryRemove(name, out _);
        if (Known.Find(name) is { } known)
            Known.Remove(known);
    }
}
