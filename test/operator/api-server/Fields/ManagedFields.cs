using System.Text.Json.Nodes;

namespace SealFs.Testing.Kubernetes.Fields;

/// <summary>Reads and writes metadata.managedFields.</summary>
internal sealed class ManagedFields
{
    private readonly List<Entry> _entries;

    private ManagedFields(List<Entry> entries) => _entries = entries;

    public static ManagedFields Of(JsonObject? value)
    {
        var list = value?["metadata"]?["managedFields"]?.AsArray() ?? [];
        return new ManagedFields([.. list.Select(entry => new Entry(
            (string)entry!["manager"]!, (string)entry["operation"]!, (string?)entry["subresource"] ?? "",
            FieldSet.Parse(entry["fieldsV1"]?.AsObject() ?? []), (string?)entry["time"] ?? ""))]);
    }

    public FieldSet Applied(string manager, string subresource) =>
        _entries.Find(entry => entry.Manager == manager && entry.Operation == "Apply" && entry.Subresource == subresource)?.Fields ?? new FieldSet();

    /// <summary>Who else owns a field.</summary>
    public IEnumerable<string> OthersWith(string path, string manager, string subresource) => _entries
        .Where(entry => !(entry.Manager == manager && entry.Operation == "Apply" && entry.Subresource == subresource) && entry.Fields.Contains(path))
        .Select(entry => entry.Manager);

    public void TakeFromOthers(IReadOnlyCollection<string> paths, string manager, string operation, string subresource)
    {
        foreach (var entry in _entries)
        {
            if (!(entry.Manager == manager && entry.Operation == operation && entry.Subresource == subresource))
                entry.Fields.Remove(paths);
        }
    }

    public void SetApplied(string manager, string subresource, FieldSet fields, string time) => Set(manager, "Apply", subresource, fields, time);

    /// <summary>What an update or a patch changed belongs to whoever sent it; what it removed belongs to nobody.</summary>
    public void Changed(ResourceType type, JsonObject? before, JsonObject after, string manager, string subresource, string time)
    {
        var now = FieldSet.Of(type, after);
        var old = before is null ? new FieldSet() : FieldSet.Of(type, before);
        var changed = now.Paths.Where(path => before is null || !old.Contains(path) || !JsonNode.DeepEquals(FieldValue.Find(before, path), FieldValue.Find(after, path)))
            .Where(path => !path.EndsWith('.') || !old.Contains(path)).ToList();
        var gone = old.Paths.Where(path => !now.Contains(path)).ToList();
        foreach (var entry in _entries)
            entry.Fields.Remove(gone);
        if (changed.Count == 0)
            return;
        TakeFromOthers(changed, manager, "Update", subresource);
        var own = _entries.Find(entry => entry.Manager == manager && entry.Operation == "Update" && entry.Subresource == subresource)?.Fields ?? new FieldSet();
        own.Add(changed);
        Set(manager, "Update", subresource, own, time);
    }

    public void WriteTo(JsonObject value)
    {
        var list = new JsonArray();
        foreach (var entry in _entries.Where(entry => !entry.Fields.IsEmpty))
        {
            var json = new JsonObject
            {
                ["manager"] = entry.Manager,
                ["operation"] = entry.Operation,
                ["apiVersion"] = (string)value["apiVersion"]!,
                ["time"] = entry.Time,
                ["fieldsType"] = "FieldsV1",
                ["fieldsV1"] = entry.Fields.ToJson(),
            };
            if (entry.Subresource.Length > 0)
                json["subresource"] = entry.Subresource;
            list.Add(json);
        }
        value["metadata"]!["managedFields"] = list;
    }

    private void Set(string manager, string operation, string subresource, FieldSet fields, string time)
    {
        var at = _entries.FindIndex(entry => entry.Manager == manager && entry.Operation == operation && entry.Subresource == subresource);
        var next = new Entry(manager, operation, subresource, fields, time);
        if (at < 0)
            _entries.Add(next);
        else if (!_entries[at].Fields.SetEquals(fields))
            _entries[at] = next;
    }

    private sealed record Entry(string Manager, string Operation, string Subresource, FieldSet Fields, string Time);
}
