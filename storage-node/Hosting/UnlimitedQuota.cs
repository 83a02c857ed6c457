using SealFs.Core;
using SealFs.StorageNode.Shards;

namespace SealFs.StorageNode.Hosting;

/// <summary>Admits everything.</summary>
internal sealed class UnlimitedQuota : IVolumeQuota
{
    public bool Admit(NodeRequest request, VolumeId volume, long bytes, long inodes) => true;

    public VolumeUsageDelta Reserved(VolumeId volume) => default;

    public bool IsUrgent(VolumeId volume) => false;

    public void CeilingsChanged()
    {
    }
}
