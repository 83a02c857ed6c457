using System.Text;

namespace SealFs.CsiDriver;

/// <summary>
/// How the orchestrator refers to a volume: its name, or "MANAGERS/NAME" where it belongs to another cluster than the driver's own.
/// <code>
/// pvc-6f1c…                                  managers of the driver
/// sealfs-manager.storage:7400/pvc-6f1c…      this manager; several with commas between them
/// </code>
/// </summary>
internal readonly record struct VolumeHandle(string Managers, string Name)
{
    /// <summary>Null when it cannot be one: then no such volume exists.</summary>
    public static VolumeHandle? TryParse(string id)
    {
        if (Encoding.UTF8.GetByteCount(id) > CsiLimits.MaxTextBytes)
            return null;
        var slash = id.LastIndexOf('/');
        var handle = slash < 0 ? new VolumeHandle("", id) : new VolumeHandle(id[..slash], id[(slash + 1)..]);
        return VolumeName.IsPlain(handle.Name) && (slash < 0 || handle.Managers.Length > 0) ? handle : null;
    }

    public override string ToString() => Managers.Length == 0 ? Name : $"{Managers}/{Name}";
}
