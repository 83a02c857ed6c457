namespace SealFs.Operator.Tests;

/// <summary>Files of the repository, wherever the tests run.</summary>
internal static class RepositoryFiles
{
    public static string Read(string path) => File.ReadAllText(Path(path));

    /// <summary>Paths of the files in a folder, from the root of the repository.</summary>
    public static IEnumerable<string> List(string folder, string pattern) => Directory.EnumerateFiles(Path(folder), pattern).Order().Select(file => $"{folder}/{System.IO.Path.GetFileName(file)}");

    public static string Path(string path)
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(System.IO.Path.Combine(folder.FullName, "SealFs.sln")))
            folder = folder.Parent;
        return System.IO.Path.Combine(folder?.FullName ?? throw new DirectoryNotFoundException("There is no SealFs.sln above the tests."), path);
    }
}
