namespace SealFs.StorageNode.Hosting;

/// <summary>Size of the disk that a directory is on, and what of it is free for this process. Disk: equal for all directories on it; empty when that is not known.</summary>
internal readonly record struct DiskSpace(ulong TotalBytes, ulong FreeBytes, string Disk = "")
{
    public static DiskSpace Of(string directory)
    {
        var drive = new DriveInfo(directory);
        return new DiskSpace((ulong)drive.TotalSize, (ulong)drive.AvailableFreeSpace, DiskIdentity.Of(directory));
    }
}
