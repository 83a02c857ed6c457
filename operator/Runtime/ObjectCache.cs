using System.Diagnostics.CodeAnalysis;
using k8s;
using k8s.Models;

namespace SealFs.Operator.Runtime;

/// <summary>What a <see cref="Reflector{T}"/> has seen, with an index of what is owned by whom. Objects in it are shared: nobody changes them.</summary>
public sealed class ObjectCache<T>
    where T : class, IKubernetesObject<V1ObjectMeta>
{
    private readonly Lock _gate = new();
    private readonly Dictionary<ObjectName, T> _objects = [];
    private readonly Dictionary<string, HashSet<ObjectName>> _byOwner = [];
    private readonly TaskCompletionSource _filled = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Is told of everything that came, changed or went, with its last state.</summary>
    public event Action<T>? Changed;

    /// <summary>Ends when the first list has been read: before, the cache says nothing.</summary>
    public Task Filled => _filled.Task;

    public IReadOnlyList<T> All
    {
        get
        {
            lock (_gate)
                return [.. _objects.Values];
        }
    }

    public T? Find(ObjectName name)
    {
        lock (_gate)
            return _objects.GetValueOrDefault(name);
    }

    public IReadOnlyList<T> OwnedBy(string uid)
    {
        lock (_gate)
            return _byOwner.TryGetValue(uid, out var names) ? [.. names.Select(name => _objects[name])] : [];
    }

    /// <summary>Takes a list as the truth: what is not in it has gone.</summary>
    public void ReplaceAll(IReadOnlyList<T> items)
    {
        List<T> changed;
        lock (_gate)
        {
            var present = items.Select(item => ObjectName.Of(item.Metadata)).ToHashSet();
            changed = [.. _objects.Where(pair => !present.Contains(pair.Key)).Select(pair => pair.Value)];
            foreach (var gone in changed.ToList())
                Forget(ObjectName.Of(gone.Metadata));
            foreach (var item in items.Where(IsNews))
            {
                Remember(item);
                changed.Add(item);
            }
        }
        _filled.TrySetResult();
        Tell(changed);
    }

    /// <summary>What a watch brought, or the answer to a write of our own, which may come before the watch has it.</summary>
    public void Put(T item)
    {
        lock (_gate)
        {
            if (!IsNews(item))
                return;
            Remember(item);
        }
        Tell([item]);
    }

    public void Remove(T item)
    {
        lock (_gate)
        {
            if (!TryFind(item, out var known) || known.Metadata.Uid != item.Metadata.Uid)
                return;
            Forget(ObjectName.Of(item.Metadata));
        }
        Tell([item]);
    }

    private bool TryFind(T item, [NotNullWhen(true)] out T? known) => _objects.TryGetValue(ObjectName.Of(item.Metadata), out known);

    /// <summary>Versions of one object grow, in every implementation there is (and are documented to since Kubernetes 1.35).</summary>
    private bool IsNews(T item) =>
        !TryFind(item, out var known) || known.Metadata.Uid != item.Metadata.Uid
        || !ulong.TryParse(item.Metadata.ResourceVersion, out var offered) || !ulong.TryParse(known.Metadata.ResourceVersion, out var have) || offered > have;

    private void Remember(T item)
    {
        var name = ObjectName.Of(item.Metadata);
        Forget(name);
        _objects[name] = item;
        foreach (var owner in item.Metadata.OwnerReferences ?? [])
        {
            if (!_byOwner.TryGetValue(owner.Uid, out var names))
                _byOwner[owner.Uid] = names = [];
            names.Add(name);
        }
    }

    private void Forget(ObjectName name)
    {
        if (!_objects.Remove(name, out var known))
            return;
        foreach (var owner in known.Metadata.OwnerReferences ?? [])
        {
            if (_byOwner.TryGetValue(owner.Uid, out var names) && names.Remove(name) && names.Count == 0)
                _byOwner.Remove(owner.Uid);
        }
    }

    private void Tell(List<T> changed)
    {
        foreach (var item in changed)
            Changed?.Invoke(item);
    }
}
