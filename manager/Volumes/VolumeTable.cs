using SealFs.Core;

namespace SealFs.Manager.Volumes;

/// <summary>All volumes by id; the active ones also by name.</summary>
internal sealed class VolumeTable
{
    private readonly SortedDictionary<VolumeId, VolumeEntry> byId = [];
    private readonly Dictionary<string, VolumeEntry> byName = new(StringComparer.Ordinal);

    public IEnumerable<VolumeEntry> All => byId.Values;

    public IEnumerable<VolumeEntry> Active => byId.Values.Where(volume => volume.IsActive);

    public IEnumerable<VolumeEntry> Deleting => byId.Values.Where(volume => !volume.IsActive);

    public int ActiveCount => byName.Count;

    public void Add(VolumeEntry volume)
    {
        byId.Add(volume.Id, volume);
        if (volume.IsActive)
            byName.Add(volume.Record.Name, volume);
    }

    public VolumeEntry? ById(VolumeId id) => byId.GetValueOrDefault(id);

    /// <summary>The active volume with this name.</summary>
    public VolumeEntry? ByName(string name) => byName.GetValueOrDefault(name);

    /// <summary>The volume is being deleted from now on: its name is free.</summary>
    public void FreeName(VolumeEntry volume) => byName.Remove(volume.Record.Name);

    public void Remove(VolumeEntry volume) => byId.Remove(volume.Id);
}
