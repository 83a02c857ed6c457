namespace SealFs.StorageNode.Hosting;

/// <summary>A small file that is replaced as a whole, so that a crash leaves the old contents or the new.</summary>
internal static class ReplacedFile
{
    /// <summary>Returns when the new contents are on stable storage.</summary>
    public static void Write(string path, ReadOnlySpan<byte> contents)
    {
        var next = path + ".next";
        using (var stream = new FileStream(next, FileMode.Create, FileAccess.Write))
        {
            stream.Write(contents);
            stream.Flush(flushToDisk: true);
        }

        File.Move(next, path, overwrite: true);
        DirectorySync.SyncNames(Path.GetDirectoryName(path)!);
    }
}
