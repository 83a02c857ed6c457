namespace SealFs.Manager.Store;

/// <summary>Changes that belong together: a key with its new value, or with null where the record goes. The last change of a key counts.</summary>
public sealed class StoreBatch
{
    private readonly Dictionary<string, byte[]?> changes = new(StringComparer.Ordinal);

    public IReadOnlyDictionary<string, byte[]?> Changes => changes;

    public bool IsEmpty => changes.Count == 0;

    public StoreBatch Put(string key, byte[] value)
    {
        changes[key] = value;
        return this;
    }

    public StoreBatch Delete(string key)
    {
        changes[key] = null;
        return this;
    }
}
