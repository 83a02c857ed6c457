using System.Globalization;
using System.IO.Hashing;
using System.Runtime.InteropServices;
using System.Text;
using SealFs.Core.Security;

namespace SealFs.Cli.Mounts;

/// <summary>What lives as long as a mount: notes about who serves it, and the logs of those in the background.</summary>
internal static partial class RuntimeFolder
{
    /// <summary>
    /// /run/sealfs for root; for others their own runtime directory, or one in the temporary directory, by their number: users of containers have no name. All are empty after
    /// a reboot.
    /// </summary>
    public static string Path { get; } =
        Environment.IsPrivilegedProcess ? "/run/sealfs"
        : Environment.GetEnvironmentVariable("XDG_RUNTIME_DIR") is { Length: > 0 } own ? System.IO.Path.Combine(own, "sealfs")
        : System.IO.Path.Combine(System.IO.Path.GetTempPath(), string.Create(CultureInfo.InvariantCulture, $"sealfs-{geteuid()}"));

    public static string NoteOf(string mountDirectory) => System.IO.Path.Combine(Path, NameOf(mountDirectory) + ".json");

    public static string LogOf(string mountDirectory) => System.IO.Path.Combine(Path, NameOf(mountDirectory) + ".log");

    /// <exception cref="UnauthorizedAccessException">It belongs to another user.</exception>
    public static void Make() => PrivateFiles.PrepareRuntimeDirectory(Path);

    /// <summary>The last part of the path, for people, and a hash of the whole, so that two of the same name differ.</summary>
    public static string NameOf(string directory)
    {
        var hash = XxHash3.HashToUInt64(Encoding.UTF8.GetBytes(directory)).ToString("x16", CultureInfo.InvariantCulture);
        var readable = new string([.. System.IO.Path.GetFileName(directory).Where(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_').Take(32)]);
        return readable.Length == 0 ? hash[..8] : $"{readable}-{hash[..8]}";
    }

    [LibraryImport("libc")]
    private static partial uint geteuid();
}
