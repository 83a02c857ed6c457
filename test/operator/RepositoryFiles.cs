namespace SealFs.Operator.Tests;

/// <summary>Files of the repository, wherever the tests run.</summary>
internal static class RepositoryFiles
{
    public static string Read(string path)
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "SealFs.sln")))
            folder = folder.Parent;
        return File.ReadAllText(Path.Combine(folder?.FullName ?? throw new DirectoryNotFoundException("There is no SealFs.sln above the tests."), path));
    }
}
