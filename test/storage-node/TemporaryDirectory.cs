namespace SealFs.StorageNode.Tests;

/// <summary>A directory that goes with the test.</summary>
internal sealed class TemporaryDirectory : IDisposable
{
    public TemporaryDirectory() => Directory = System.IO.Directory.CreateTempSubdirectory("sealfs-node-").FullName;

    public string Directory { get; }

    public string In(string name) => Path.Combine(Directory, name);

    public void Dispose() => System.IO.Directory.Delete(Directory, true);
}
