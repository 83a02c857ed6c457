namespace SealFs.Cli.Certificates;

/// <summary>Files that are written beside their places first and then put there together, so that whoever reads them meanwhile finds the earlier ones.</summary>
internal sealed class ReplacedFiles
{
    private const string Suffix = ".new";
    private const UnixFileMode Secret = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    private const UnixFileMode Public = Secret | UnixFileMode.GroupRead | UnixFileMode.OtherRead;

    private readonly List<string> _paths = [];

    /// <param name="path">Its place.</param>
    /// <param name="text">What stands in it.</param>
    /// <param name="isSecret">Nobody but the owner may read it.</param>
    public void Write(string path, string text, bool isSecret = false)
    {
        File.Delete(path + Suffix);
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, UnixCreateMode = isSecret ? Secret : Public };
        using (var stream = new FileStream(path + Suffix, options))
        {
            stream.Write(System.Text.Encoding.ASCII.GetBytes(text));
            stream.Flush(flushToDisk: true);
        }
        _paths.Add(path);
    }

    public void PutInPlace()
    {
        foreach (var path in _paths)
            File.Move(path + Suffix, path, overwrite: true);
    }
}
