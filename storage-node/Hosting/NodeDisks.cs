namespace SealFs.StorageNode.Hosting;

/// <summary>Asks how much room the disks of a node have.</summary>
internal sealed record NodeDisks(Func<DiskSpace> Data, Func<DiskSpace> Metadata)
{
    public static NodeDisks Of(NodeOptions options) =>
        new(() => DiskSpace.Of(options.DataDirectory), () => DiskSpace.Of(options.MetadataDirectory));
}
