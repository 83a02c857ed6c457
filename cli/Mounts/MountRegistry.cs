using System.Text.Json;
using SealFs.Cli.Output;

namespace SealFs.Cli.Mounts;

/// <summary>
/// Which process serves which mount, so that <c>umount</c> and <c>down</c> can wait until everything is written back. One small file for each mount in
/// the runtime directory, which is empty after a reboot.
/// </summary>
internal static class MountRegistry
{
    /// <summary>Notes that this process serves the mount on <paramref name="directory"/>; disposing removes the note.</summary>
    public static IDisposable Register(string directory, string volume, string startedBy)
    {
        var file = RuntimeFolder.NoteOf(directory);
        RuntimeFolder.Make();
        var process = Environment.ProcessId;
        var entry = new RegisteredMount(directory, volume, process, ProcessIdentity.StartTicks(process) ?? 0, startedBy);
        var text = JsonSerializer.Serialize(entry, OutputJson.Default.RegisteredMount);
        File.WriteAllText(file + ".new", text);
        File.Move(file + ".new", file, overwrite: true);
        return new Registration(file);
    }

    /// <summary>The living process that serves this mount, or null.</summary>
    public static RegisteredMount? Find(string directory)
    {
        try
        {
            var entry = JsonSerializer.Deserialize(File.ReadAllText(RuntimeFolder.NoteOf(directory)), OutputJson.Default.RegisteredMount);
            return entry is not null && entry.IsAlive ? entry : null;
        }
        catch (Exception problem) when (problem is IOException or JsonException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private sealed class Registration(string file) : IDisposable
    {
        public void Dispose() => File.Delete(file);
    }
}
