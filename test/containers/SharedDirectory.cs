using System.Diagnostics;

namespace SealFs.Containers.Tests;

/// <summary>A directory of the machine in which containers see each other's mounts, as the kubelet's directory is one.</summary>
internal sealed class SharedDirectory : IDisposable
{
    public SharedDirectory()
    {
        Run("mount", "--bind", Path, Path);
        Run("mount", "--make-rshared", Path);
    }

    public string Path { get; } = Directory.CreateTempSubdirectory("sealfs-containers-").FullName;

    public void Dispose()
    {
        // What a container left is part of it, and goes with it.
        Run("umount", "--recursive", "--lazy", Path);
        Directory.Delete(Path, recursive: true);
    }

    private static void Run(string command, params string[] arguments)
    {
        using var process = Process.Start(command, arguments);
        process.WaitForExit();
        if (process.ExitCode != 0)
            throw new InvalidOperationException($"{command} {string.Join(' ', arguments)} failed");
    }
}
