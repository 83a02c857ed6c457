namespace SealFs.Cli.Certificates;

/// <summary>
/// Files of a directory that are written beside their places first and then put there together, so that whoever reads them meanwhile finds the earlier ones. One at a time: of
/// two that are mixed nothing fits.
/// </summary>
internal sealed class ReplacedFiles : IDisposable
{
    private const string LockName = ".replacing";
    private const string Suffix = ".new";
    private const UnixFileMode Secret = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    private const UnixFileMode Public = Secret | UnixFileMode.GroupRead | UnixFileMode.OtherRead;

    private readonly List<string> _paths = [];
    private readonly FileStream _only;

    /// <param name="directory">Made when missing.</param>
    /// <exception cref="CommandFailure">Somebody else replaces them just now.</exception>
    public ReplacedFiles(string directory)
    {
        Directory.CreateDirectory(directory);
        try
        {
            _only = new FileStream(Path.Combine(directory, LockName), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, bufferSize: 0, FileOptions.DeleteOnClose);
        }
        catch (IOException problem)
        {
            throw new CommandFailure(ExitCode.Refused, $"Somebody else writes certificates into {directory}: {problem.Message}", problem);
        }
    }

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

    public void Dispose() => _only.Dispose();
}
